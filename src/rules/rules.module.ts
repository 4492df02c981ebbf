import { Module } from '@nestjs/common';
import { Explain } from './explain';
import { Rules } from './rules';
import { RulesSweep } from './sweep.loop';

@Module({ providers: [Rules, RulesSweep, Explain], exports: [Rules, Explain] })
export class RulesModule {}
