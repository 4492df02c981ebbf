import { Column, Entity, PrimaryColumn } from 'typeorm';

/** "The child waits for the parent." */
@Entity('link')
export class LinkEntity {
  @PrimaryColumn('uuid', { name: 'parent_id' }) parentId: string;
  @PrimaryColumn('uuid', { name: 'child_id' }) childId: string;
  @Column('boolean', { name: 'requires_success' }) requiresSuccess: boolean;
}
