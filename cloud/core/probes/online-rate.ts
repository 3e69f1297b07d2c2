/** How many probes are online, by area. */
import { PROBE_STATUSES, type ProbeStatus } from '@minewarden/protocol/ids.ts'

/** A probe's status as the fleet manager knows it: `unknown` while nobody who would know is heard of. */
export type KnownStatus = ProbeStatus | 'unknown'
export const KNOWN_STATUSES = [...PROBE_STATUSES, 'unknown'] as const satisfies readonly KnownStatus[]

/** Where a probe counts. */
export interface ProbePlace {
  /** Code of GB/T 2260. */
  readonly county: string
  /** `null`: its site has none on file. */
  readonly township: string | null
  readonly area: 'key' | 'general'
}

export interface ProbeCount {
  readonly total: number
  /** How many there are of each status; `unknown` is no status of a probe and never counts as online. */
  readonly byStatus: { readonly [S in KnownStatus]: number }
  /**
   * Of all registered probes, how many are online, in percent with one decimal; `null` without probes. One that can be
   * reached but shows nothing (dark, frozen, covered, turned away, tampered with) is not online.
   */
  readonly onlinePercent: number | null
}

export interface GroupCount extends ProbeCount {
  readonly code: string
}

/** The counts of all, and of each county, township and kind of area in which there are probes, in order of the code. */
export interface ProbeCounts {
  readonly all: ProbeCount
  readonly counties: readonly GroupCount[]
  readonly townships: readonly GroupCount[]
  readonly areas: readonly GroupCount[]
}

export interface CountedProbe {
  readonly status: KnownStatus
  readonly place: ProbePlace
}

export const countProbes = (probes: readonly CountedProbe[]): ProbeCounts => ({
  all: count(probes),
  counties: byGroup(probes, ({ county }) => county),
  townships: byGroup(probes, ({ township }) => township),
  areas: byGroup(probes, ({ area }) => area),
})

function count(probes: readonly CountedProbe[]): ProbeCount {
  const byStatus = Object.fromEntries(KNOWN_STATUSES.map((status) => [status, 0])) as Record<KnownStatus, number>
  for (const { status } of probes) byStatus[status] += 1
  const total = probes.length
  return { total, byStatus, onlinePercent: total === 0 ? null : percent(byStatus.online, total) }
}

/** Rounded, but all and none only for all and none. */
function percent(part: number, whole: number): number {
  const rounded = Math.round((part / whole) * 1_000) / 10
  if (part < whole && rounded === 100) return 99.9
  return part > 0 && rounded === 0 ? 0.1 : rounded
}

function byGroup(probes: readonly CountedProbe[], codeOf: (place: ProbePlace) => string | null): GroupCount[] {
  const groups = new Map<string, CountedProbe[]>()
  for (const probe of probes) {
    const code = codeOf(probe.place)
    if (code === null) continue
    const group = groups.get(code)
    if (group) group.push(probe)
    else groups.set(code, [probe])
  }
  return [...groups].map(([code, of]) => ({ code, ...count(of) })).sort((a, b) => (a.code < b.code ? -1 : 1))
}
