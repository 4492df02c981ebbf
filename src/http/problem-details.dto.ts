import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** The body of every error: problem details of RFC 9457, with two members that existing clients read. */
export class ProblemDetails {
  @ApiProperty({
    description: 'Always `about:blank`: the status says which kind of problem it is.',
    example: 'about:blank',
  })
  type: string;

  @ApiProperty({ description: 'Name of the HTTP status.', example: 'Bad Request' })
  title: string;

  @ApiProperty({ description: 'HTTP status of the answer.', type: 'integer', example: 400 })
  status: number;

  @ApiProperty({
    description: 'Explanation of this problem for people: `error` and the first of the `details`.',
    example: 'The request is not valid: tasks[3].timeout: must be between 1 and 86400',
  })
  detail: string;

  @ApiProperty({ description: 'Short sentence that names the problem.', example: 'The request is not valid' })
  error: string;

  @ApiProperty({
    description: 'One sentence per fault, naming the field; at most 100, then the number of the others.',
    type: [String],
    example: ['tasks[3].timeout: must be between 1 and 86400'],
  })
  details: string[];

  @ApiPropertyOptional({
    description: 'Status of the task, if it exists but does not accept the request. Only with 404 and 409.',
  })
  current_status?: string;

  @ApiPropertyOptional({
    description: 'Number of the current attempt at the task. Only with 409.',
    type: 'integer',
  })
  current_attempt?: number;

  @ApiPropertyOptional({
    description: 'Id that the batch would have had. Only with 400 for `POST /task`.',
    format: 'uuid',
  })
  batch_id?: string;

  @ApiPropertyOptional({
    description:
      'Id of the previous batch, whose tasks have not all ended. Only with 409 for `POST /schedule/{name}/run`.',
    format: 'uuid',
  })
  unfinished_batch_id?: string;
}
