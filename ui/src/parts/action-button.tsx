import { type ComponentProps, use } from 'react';
import { SessionContext } from '../state/session';

/** Returns whether the person may change something. */
export const useMayAct = (): boolean => use(SessionContext)?.access === 'full';

/** A button that begins an action. It is not shown to people who may only read. */
export const ActionButton = (props: Omit<ComponentProps<'button'>, 'type'>) =>
  useMayAct() && <button type="button" {...props} />;
