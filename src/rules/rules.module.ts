import { Module } from '@nestjs/common';
import { Rules } from './rules';
import { RulesSweep } from './sweep.loop';

@Module({ providers: [Rules, RulesSweep], exports: [Rules] })
export class RulesModule {}
