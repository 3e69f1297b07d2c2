/**
 * What is learnt belongs to the place, not to the box. State stands under `gateway/sensor`; when a gateway is replaced
 * (the register names another for the site's sensors), each sensor of the register that has learnt nothing inherits from
 * one that is no longer registered: of the same kind and the same id; or of the same kind alone, where exactly one such
 * sensor went and one came. A bout, a load or a fault that went on ends with the old box as it does in any gap.
 */
import type { Site } from '@minewarden/protocol/site.ts'
import type { DetectorState } from '../detector-state.ts'

type Tables = Pick<DetectorState, 'activities' | 'machines' | 'drills' | 'blows' | 'meters' | 'probes'>
const TABLES_OF_KIND: { readonly [kind: string]: readonly (keyof Tables)[] } = {
  geophone: ['activities', 'machines', 'drills', 'blows'],
  'power-meter': ['meters'],
  'camera-probe': ['probes'],
}

const sensorOf = (key: string): string => key.slice(key.indexOf('/') + 1)

/** Moves what was learnt to the sensors that took the places of others. @returns what moved, `[from, to]` */
export function inheritLearnt(state: Tables, site: Site): [string, string][] {
  return Object.keys(TABLES_OF_KIND).flatMap((kind) => inheritKind(state, site, kind))
}

function inheritKind(state: Tables, site: Site, kind: string): [string, string][] {
  const tables = TABLES_OF_KIND[kind]!.map((name) => state[name] as { [key: string]: unknown })
  const registered = site.sensors.filter((s) => s.kind === kind).map(({ gateway, id }) => `${gateway}/${id}`)
  const known = new Set(tables.flatMap((table) => Object.keys(table)))
  let gone = [...known].filter((key) => !registered.includes(key))
  let fresh = registered.filter((key) => !known.has(key))
  const moved: [string, string][] = []
  for (const to of fresh) {
    const same = gone.filter((key) => sensorOf(key) === sensorOf(to))
    if (same.length === 1) moved.push([same[0]!, to])
  }
  gone = gone.filter((key) => !moved.some(([from]) => from === key))
  fresh = fresh.filter((key) => !moved.some(([, to]) => to === key))
  if (gone.length === 1 && fresh.length === 1) moved.push([gone[0]!, fresh[0]!])
  for (const [from, to] of moved) {
    for (const table of tables) {
      if (!(from in table)) continue
      table[to] = table[from]
      delete table[from]
    }
  }
  return moved
}
