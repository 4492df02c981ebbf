import { Module } from '@nestjs/common';
import { DagController } from './dag.controller';
import { FindDag } from './find-dag';
import { Propagation } from './propagation';

@Module({ controllers: [DagController], providers: [FindDag, Propagation], exports: [Propagation] })
export class DagModule {}
