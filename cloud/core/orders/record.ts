import type { Reason } from '@minewarden/protocol/finding.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { LegalProblem } from '../law/problems.ts'
import type { Recorder } from '../law/record.ts'
import { type Recorded, takeSighting, takeStep, takeWaiver } from '../law/take.ts'
import { isApprover, type User } from '../ports.ts'
import type { GateFacts } from './gates/gate.ts'
import { isEnded, type Order } from './order.ts'
import { describeNotes, type NoteCode, note } from './order-text.ts'
import {
  beginEvacuation,
  DEFAULT_EVACUATION_MS,
  disturb,
  type OnSite,
  type PeopleProblem,
  type Taken,
  takeAllOut,
  takeFumes,
  takeStatement,
} from './people.ts'
import type { RecordInput } from './record-input.ts'
import type { SiteRecord } from './site-record.ts'
import { type Step, stepped, UNCHANGED } from './step.ts'

/**
 * What people record of an order besides approving it: legal steps, the emergency, people below ground, evacuation,
 * fumes. What is wrong is refused with its reason, whoever asks; what is right stands in the story.
 */
export function takeRecord(order: Order, input: RecordInput): Step {
  if (input.kind === 'site-disturbed') return takeDisturbance(order, input.disturbance, input.now)
  const { by, facts } = input
  const recorder = recorderOf(by, input.kind)
  if (!recorder) return { kind: 'refused', code: 'not-allowed', detail: `${by.id} may not record`, actor: by.id }
  const state = stateProblem(order, input)
  if (state !== null) return { kind: 'refused', code: 'order-conflict', detail: state, actor: by.id }
  return isLegal(input) ? takeLegal(order, input, recorder, facts.now) : takePeople(order, input, recorder, facts)
}

/** A page gone wild must not write a story without end. */
const MAX_VERSION = 1_000

/** Who records, as it is kept; `null` for who may not: a legal reviewer records legal steps, and nothing else. */
export function recorderOf({ id, name, department, role }: User, kind: SiteRecord['kind']): Recorder | null {
  const may = isApprover(role) || (role === 'legal-reviewer' && kind === 'legal-step')
  return may ? { user: id, name, department, role } : null
}

function stateProblem(order: Order, { kind }: SiteRecord): string | null {
  if (order.version >= MAX_VERSION) return 'too much has been recorded of this order'
  if (isEnded(order.state) || order.state === 'watched') return `an order that is ${order.state} takes no record`
  const legal = LEGAL_KINDS.has(kind)
  // What an approver signs holds the hash of the legal record.
  if (legal && order.state !== 'drafted') return 'the legal record is closed: the order has been approved'
  return null
}

type LegalInput = Extract<SiteRecord, { kind: 'legal-step' | 'legal-waiver' | 'sighting' }>
const LEGAL_KINDS: ReadonlySet<SiteRecord['kind']> = new Set<LegalInput['kind']>([
  'legal-step',
  'legal-waiver',
  'sighting',
])
const isLegal = (input: SiteRecord): input is LegalInput => LEGAL_KINDS.has(input.kind)

function takeLegal(order: Order, input: LegalInput, by: Recorder, now: Instant): Step {
  if (input.kind === 'legal-step') {
    const { step, number, at } = input.entry
    const told = note('step-recorded', { step, number: number ?? '-', at: isoTime(at), name: by.name })
    return settle(order, takeStep(order.legal, input.entry, by, now), by, { at: now, what: 'legal-step', told })
  }
  if (input.kind === 'sighting') {
    const { person, unit, saw } = input.sighting
    const told = note('sighting-recorded', { person, unit, saw })
    const taken = takeSighting(order.legal, { ...input.sighting, by }, now)
    return settle(order, taken, by, { at: now, what: 'sighting', told })
  }
  const { number, danger, reason } = input.waiver
  const told = note('waiver-recorded', { number, name: by.name, danger, reason })
  const taken = takeWaiver(order.legal, { ...input.waiver, by }, now)
  return settle(order, taken, by, { at: now, what: 'legal-waiver', told })
}

interface Told {
  readonly at: Instant
  readonly what: string
  readonly told: Reason
}

function settle(order: Order, taken: Recorded, by: Recorder, { at, what, told }: Told): Step {
  if (!taken.ok) return refusal(taken.problems, by)
  return stepped(order, { legal: taken.record }, { at, actor: by.user, what, notes: [told] })
}

const refusal = (problems: readonly (LegalProblem | PeopleProblem)[], by: Recorder): Step => ({
  kind: 'refused',
  code: 'order-unsafe',
  detail: describeNotes(problems.map(({ code, values }) => note(code as NoteCode, values))),
  actor: by.user,
})

const namesOf = (people: readonly OnSite[]): string => people.map(({ name, unit }) => `${name} (${unit})`).join(', ')

type PeopleInput = Exclude<SiteRecord, LegalInput>

function takePeople(order: Order, input: PeopleInput, by: Recorder, facts: GateFacts): Step {
  const taken = peopleAfter(order, input, by, facts)
  if (!taken.ok) return refusal([taken.problem], by)
  const event = { at: facts.now, actor: by.user, what: input.kind, notes: [toldOf(input, taken)] }
  return stepped(order, { people: taken.record }, event)
}

function peopleAfter({ people, issuedAt }: Order, input: PeopleInput, by: Recorder, facts: GateFacts): Taken {
  const { now, disturbance, blastAt, site } = facts
  switch (input.kind) {
    case 'people-statement':
      return takeStatement(people, { ...input.statement, by }, disturbance, now)
    case 'evacuation': {
      if (issuedAt === null) return { ok: false, problem: { code: 'evacuation-early', values: {} } }
      const { delayMinutes, ...told } = input.evacuation
      const siteMs = (site?.evacuationDelayMinutes ?? DEFAULT_EVACUATION_MS / MINUTE_MS) * MINUTE_MS
      const delayMs = delayMinutes === null ? siteMs : delayMinutes * MINUTE_MS
      return beginEvacuation(people, { ...told, begunAt: now, delayMs, by }, siteMs)
    }
    case 'all-out':
      return takeAllOut(people, { ...input.allOut, by }, disturbance, now)
    case 'fumes':
      return takeFumes(people, { ...input.fumes, by }, blastAt, now)
  }
}

const MINUTE_MS = 60_000

function toldOf(input: PeopleInput, { record }: Extract<Taken, { ok: true }>): Reason {
  switch (input.kind) {
    case 'people-statement': {
      const { kind, people, at } = input.statement
      return note('people-said', { kind, names: namesOf(people), at: isoTime(at) })
    }
    case 'evacuation': {
      const { messages, rescue, police } = input.evacuation
      const minutes = (record.evacuation?.delayMs ?? 0) / MINUTE_MS
      return note('evacuation-told', { minutes, messages, rescue: namesOf([rescue]), police: namesOf([police]) })
    }
    case 'all-out': {
      const { people, rescue } = input.allOut
      return note('all-out-signed', { names: namesOf(people), rescue: namesOf([rescue]) })
    }
    case 'fumes': {
      const { coPpm, no2Ppm, people } = input.fumes
      return note('fumes-measured', { coPpm, no2Ppm, names: namesOf(people) })
    }
  }
}

function takeDisturbance(order: Order, disturbance: RecordedDisturbance, now: Instant): Step {
  if (isEnded(order.state) || order.state === 'watched') return UNCHANGED
  const people = disturb(order.people, disturbance, now)
  if (!people) return UNCHANGED
  const { cause, sensor } = disturbance
  const event = { at: now, actor: 'system', what: 'site-disturbed', notes: [note('disturbance', { cause, sensor })] }
  return stepped(order, { people }, event)
}
type RecordedDisturbance = Extract<RecordInput, { kind: 'site-disturbed' }>['disturbance']
