import { type EdgeProps, getBezierPath } from '@xyflow/react';
import { memo } from 'react';

/** A curve from parent to child and nothing else: there may be thousands. */
export const LinkEdge = memo(function LinkEdge(props: EdgeProps) {
  const { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition } = props;
  const [path] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
  return <path className="react-flow__edge-path" d={path} fill="none" />;
});
