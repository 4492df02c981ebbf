import { Module } from '@nestjs/common';
import { Explain } from './explain';
import { OpenKeys } from './open-keys';
import { Rules } from './rules';
import { RulesSweep } from './sweep.loop';

@Module({ providers: [Rules, OpenKeys, RulesSweep, Explain], exports: [Rules, OpenKeys, Explain] })
export class RulesModule {}
