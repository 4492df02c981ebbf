import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config/config';
import { Accepts } from '../http/accepted';
import { ApiProblem } from '../http/api-problem';
import { JsonBody } from '../http/params';
import { send } from '../http/problem';
import { RequestPolicy } from './request-policy';
import { SessionDto, SignInDto } from './session.dto';
import { endOfSession } from './sessions';

const COOKIE_HEADER = {
  'Set-Cookie': {
    description: 'The cookie `hookline_session`: `HttpOnly`, `SameSite=Strict`, and `Secure` if `HOST_URL` is https.',
    schema: { type: 'string' },
  },
} as const;

/** Sessions of people at the page. Other pages cannot sign them in or out, as these requests need a preflight. */
@ApiTags('Access')
@Controller('session')
export class SessionController {
  constructor(
    private readonly policy: RequestPolicy,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Post()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Sign in with a token',
    description:
      'Sets a cookie that stands for the token in requests from pages of this service. It ends with the browser, after ' +
      'twelve hours, or when the token is removed from the configuration.',
  })
  @Accepts({ body: [SignInDto] })
  @ApiBody({ type: SignInDto })
  @ApiResponse({ status: 204, description: 'Signed in', headers: COOKIE_HEADER })
  @ApiProblem(400, 401, 403, 413, 415, 429, 503)
  signIn(@JsonBody() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const answer = this.policy.signIn(request, SignInDto.parse(body).token);
    if (typeof answer === 'string') void reply.status(204).header('set-cookie', answer).send();
    else send(reply, answer);
  }

  @Get()
  @ApiOperation({
    summary: 'Say whose token or session the request has, and what it allows',
    description: 'The page asks for it, to show only what a person may do.',
  })
  @ApiResponse({ status: 200, type: SessionDto, description: 'The client' })
  @ApiProblem(503)
  whoAmI(@Req() { client }: FastifyRequest): SessionDto {
    return { name: client?.name ?? null, access: client?.access ?? 'full' };
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Sign out', description: 'Removes the cookie from the browser. It needs no valid session.' })
  @ApiResponse({ status: 204, description: 'Signed out', headers: COOKIE_HEADER })
  @ApiProblem(403, 413, 415, 503)
  signOut(@Res({ passthrough: true }) reply: FastifyReply): void {
    void reply.header('set-cookie', endOfSession(this.config));
  }
}
