import type { Template } from '@minewarden/protocol/sparkplug/payload.ts'

/** A metric as its birth declared it. */
export interface Declared {
  readonly name: string
  readonly alias: number | undefined
  readonly datatype: number | undefined
}

/** What the births of one edge node have said, as everyone listening knows it. */
export class NodeMemory {
  readonly group: string
  readonly node: string
  born = false
  usesAliases = false
  /** Metrics of the node (`''`) and of each device. */
  readonly owners = new Map<string, Map<string, Declared>>()
  readonly aliases = new Map<number, { owner: string; metric: Declared }>()
  readonly definitions = new Map<string, Template>()

  constructor(group: string, node: string) {
    this.group = group
    this.node = node
  }

  get descriptor(): string {
    return `${this.group}/${this.node}`
  }

  /** Forgets all births: a new NBIRTH begins anew. */
  clear(): void {
    this.owners.clear()
    this.aliases.clear()
    this.definitions.clear()
    this.usesAliases = false
  }

  forget(owner: string): void {
    this.owners.delete(owner)
    for (const [alias, entry] of this.aliases) if (entry.owner === owner) this.aliases.delete(alias)
  }

  /** The metric that a message of this owner (`''`: the node) means. */
  find(owner: string, metric: { name?: string | undefined; alias?: number | undefined }): Declared | undefined {
    if (metric.name !== undefined) return this.owners.get(owner)?.get(metric.name)
    const entry = metric.alias === undefined ? undefined : this.aliases.get(metric.alias)
    return entry?.owner === owner ? entry.metric : undefined
  }
}
