import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import type { Access } from '../config/tokens';
import { validated } from '../http/validation';

/** Signs a person in. */
export class SignInDto {
  /** A token of `AUTH_TOKEN` or `AUTH_TOKEN_READ`. */
  @ApiProperty({ example: 'kX2v0cZ1hJm8Qe5yT7uB3w' })
  @IsString({ message: 'must be a text' })
  token: string;

  /** @throws {InvalidRequest} naming every fault. */
  static parse(body: unknown): SignInDto {
    return validated(SignInDto, body);
  }
}

/** Who sends the request. */
export class SessionDto {
  /** Name of the token; null while the service has no `AUTH_TOKEN`. */
  @ApiProperty({ type: String, nullable: true, example: 'anna' })
  name: string | null;

  /** `read`: only `GET` and `HEAD` are allowed. */
  @ApiProperty({ enum: ['full', 'read'], example: 'full' })
  access: Access;
}
