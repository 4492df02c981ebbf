import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** What every error is answered with: problem details as RFC 9457 has them, and members that existing clients read. */
export class ProblemDetails {
  @ApiProperty({
    description: 'Always about:blank: the status says what kind of problem it is.',
    example: 'about:blank',
  })
  type: string;

  @ApiProperty({ description: 'The name of the status.', example: 'Bad Request' })
  title: string;

  @ApiProperty({ description: 'The HTTP status, once more.', type: 'integer', example: 400 })
  status: number;

  @ApiProperty({
    description: 'What is wrong with this request, for a person.',
    example: 'The request is not valid: tasks[3].timeout: must be between 1 and 86400',
  })
  detail: string;

  @ApiProperty({ description: 'The same in one short sentence.', example: 'The request is not valid' })
  error: string;

  @ApiProperty({
    description: 'One sentence per fault, each naming the field; at most 100 and a count of the others.',
    type: [String],
    example: ['tasks[3].timeout: must be between 1 and 86400'],
  })
  details: string[];

  @ApiPropertyOptional({ description: 'With 404 for a task that exists, but not in a state that allows the request.' })
  current_status?: string;

  @ApiPropertyOptional({ description: 'With 400 for a batch: the id that it would have had.', format: 'uuid' })
  batch_id?: string;
}
