import { Module } from '@nestjs/common';
import { DagController } from './dag.controller';
import { FindDag } from './find-dag';
import { LargeGraphs } from './large-graphs';
import { Propagation } from './propagation';

@Module({ controllers: [DagController], providers: [FindDag, LargeGraphs, Propagation], exports: [Propagation] })
export class DagModule {}
