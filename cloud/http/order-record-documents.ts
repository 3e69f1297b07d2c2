import type { Reason } from '@minewarden/protocol/finding.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { NamedPerson } from '../core/law/record.ts'
import type { StepCode } from '../core/law/rules.ts'
import type { OnSite, PeopleState } from '../core/orders/people.ts'
import type { LegalView, PeopleView } from '../core/orders/site-record.ts'
import type { Words } from './deps.ts'

/** The law and the people of an order as JSON. */
interface Problem extends Words {
  readonly code: string
  readonly values: Reason['values']
}

export interface LegalDocument {
  readonly rulesVersion: string
  readonly basis: {
    readonly code: string
    readonly name: Words
    /** What the county's legal office must still check. */
    readonly lawyer: readonly string[]
    readonly noticeHours: number
    readonly noticeWaivable: boolean
  } | null
  readonly department: string
  readonly operator: string | null
  readonly steps: readonly {
    readonly step: StepCode
    readonly source: string
    readonly lawyer: boolean
    readonly needs: {
      readonly number: boolean
      readonly people: number
      readonly certificates: boolean
      readonly details: readonly string[]
      readonly waivable: boolean
    }
    readonly done: {
      readonly number: string | null
      readonly at: string
      readonly people: readonly NamedPerson[]
      readonly note: string
      readonly by: string
      readonly from: string | null
    } | null
  }[]
  readonly waiver: {
    readonly number: string
    readonly at: string
    readonly danger: string
    readonly reason: string
    readonly by: string
  } | null
  readonly sighting: {
    readonly at: string
    readonly person: string
    readonly unit: string
    readonly saw: string
    readonly by: string
  } | null
  readonly urgent: boolean
  readonly stopPowerTime: string | null
}

export interface PeopleDocument {
  readonly statement: {
    readonly kind: PeopleState
    readonly at: string
    readonly people: readonly OnSite[]
    readonly by: string
  } | null
  readonly disturbed: { readonly cause: string; readonly sensor: string; readonly at: string } | null
  readonly evacuation: { readonly begunAt: string; readonly delayMinutes: number; readonly messages: string } | null
  readonly allOut: { readonly at: string; readonly people: readonly OnSite[]; readonly rescue: OnSite } | null
  readonly fumes: { readonly at: string; readonly coPpm: number; readonly no2Ppm: number } | null
  readonly blastAt: string | null
  readonly points: readonly {
    readonly id: string
    readonly class: 'A' | 'B' | 'C'
    readonly held: readonly { readonly code: string; readonly problems: readonly Problem[] }[]
  }[]
}

const isoOrNull = (at: Instant | null): string | null => (at === null ? null : isoTime(at))

export const legalDocument = ({
  basis,
  steps,
  waiver,
  sighting,
  stopPowerTime,
  ...legal
}: LegalView): LegalDocument => ({
  ...legal,
  basis: basis && {
    ...{ code: basis.code, name: basis.name, lawyer: basis.lawyer },
    ...{ noticeHours: basis.noticeHours, noticeWaivable: basis.noticeWaivable },
  },
  steps: steps.map(({ demand: { step, source, lawyer, number, people, certificates, details, waivable }, done }) => ({
    ...{ step, source, lawyer, needs: { number, people, certificates, details, waivable } },
    done: done && {
      ...{ number: done.number, at: isoTime(done.at), people: done.people, note: done.note },
      ...{ by: done.by.name, from: done.from },
    },
  })),
  waiver: waiver && { ...waiver, at: isoTime(waiver.at), by: waiver.by.name },
  sighting: sighting && { ...sighting, at: isoTime(sighting.at), by: sighting.by.name },
  stopPowerTime: isoOrNull(stopPowerTime),
})

export function peopleDocument(
  { statement, disturbed, evacuation, allOut, fumes, blastAt, points }: PeopleView,
  reasons: (list: PeopleView['points'][number]['held'][number]['problems']) => readonly Problem[],
): PeopleDocument {
  return {
    statement: statement && {
      ...{ kind: statement.kind, people: statement.people, by: statement.by.name },
      at: isoTime(statement.at),
    },
    disturbed: disturbed && { ...disturbed, at: isoTime(disturbed.at) },
    evacuation: evacuation && {
      begunAt: isoTime(evacuation.begunAt),
      delayMinutes: evacuation.delayMs / 60_000,
      messages: evacuation.messages,
    },
    allOut: allOut && { at: isoTime(allOut.at), people: allOut.people, rescue: allOut.rescue },
    fumes: fumes && { at: isoTime(fumes.at), coPpm: fumes.coPpm, no2Ppm: fumes.no2Ppm },
    blastAt: isoOrNull(blastAt),
    points: points.map(({ held, ...point }) => ({
      ...point,
      held: held.map(({ code, problems }) => ({ code, problems: reasons(problems) })),
    })),
  }
}
