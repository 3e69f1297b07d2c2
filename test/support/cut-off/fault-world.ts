import type { AuditFact } from '@minewarden/cloud/core/audit.ts'
import type { GateFacts } from '@minewarden/cloud/core/orders/gates/gate.ts'
import { pendingEffects, step } from '@minewarden/cloud/core/orders/machine.ts'
import { DEFAULT_RULES, isEnded, type Order, type OrderRules } from '@minewarden/cloud/core/orders/order.ts'
import type { SelectedAnswer } from '@minewarden/cloud/core/orders/progress.ts'
import { decideSelection, permissionDocument, repliedBefore } from '@minewarden/cloud/core/orders/select.ts'
import type { OrderInput } from '@minewarden/cloud/core/orders/step.ts'
import type { SupplierAnswer } from '@minewarden/protocol/order.ts'
import type { OperatePermission } from '@minewarden/protocol/permission.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import {
  afterRestart,
  beginPoint,
  decide,
  dropPermission,
  finishPoint,
  giveUp,
  type Job,
  type Moved,
  nextWork,
  permittedForMs,
  type Saying,
  selectPoint,
  settle,
  takePermission,
  withdraw,
} from '@minewarden/utility/core/job.ts'
import { permissionProblem } from '@minewarden/utility/core/permission-check.ts'
import type { Operation } from '@minewarden/utility/core/ports.ts'
import { answerTo, lawfulFacts } from './drafts.ts'
import { HEAD, OFFICER } from './fixtures.ts'

/**
 * Both sides of a cut-off as the pure machines that they are, with a channel that loses, doubles, delays and reorders,
 * switches that fall silent, clocks that are set, people who act at once, and a kill of either side at each of its steps.
 * What a side has written down survives a kill, and nothing else does. Everything follows from one seed.
 *
 * `defect` breaks one rule on purpose: a schedule must then find it, or it would find nothing at all.
 */
export const DEFECTS = [
  'operates-on-the-order-alone',
  'operates-on-an-old-permission',
  'tells-a-switch-again-without-asking-it',
  'permits-after-the-stop',
  'permits-after-the-end',
  'forgets-a-withdrawal',
  'keeps-a-permission-over-a-restart',
  'shows-what-nobody-measured',
] as const
export type Defect = (typeof DEFECTS)[number]

const SECOND = 1_000
const MINUTE = 60 * SECOND
export const RULES: OrderRules = { ...DEFAULT_RULES, effectHoldMs: 5 * SECOND }
const POLICY = { acceptDelayMs: SECOND, executeDelayMs: SECOND, refuse: [] }
const MARGIN_MS = 6 * SECOND
const SKEW_MS = MINUTE

/** What moved, when, by the true time that neither side knows. */
export interface Movement {
  readonly point: string
  readonly at: number
  /** When the supplier had read the withdrawal; `null`: not by then. */
  readonly withdrawnAt: number | null
}

type Message =
  | { readonly to: 'supplier'; readonly kind: 'order' | 'withdrawal' }
  | {
      readonly to: 'supplier'
      readonly kind: 'permission'
      readonly permission: OperatePermission
      readonly sha256: string
    }
  | { readonly to: 'county'; readonly kind: 'answer'; readonly answer: SupplierAnswer; readonly number: number | null }
  | { readonly to: 'supplier'; readonly kind: 'taken'; readonly number: number }

export interface History {
  readonly order: Order
  readonly movements: readonly Movement[]
  /** True times of grants, with how long each was for by the county's clock. */
  readonly grants: readonly {
    readonly point: string
    readonly at: number
    readonly forMs: number
    readonly sha256: string
  }[]
  readonly stoppedAt: number | null
  readonly facts: readonly AuditFact[]
  /** Events of the story, with the state that each step left. */
  readonly states: readonly string[]
  readonly job: Job | null
  /** The load goes on whatever the switch does. */
  readonly bypassed: boolean
}

/** A small generator with a good spread: the same seed gives the same schedule. @see Mulberry32 */
function randomOf(seed: number): () => number {
  let state = (seed * 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let word = Math.imul(state ^ (state >>> 15), 1 | state)
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
    return ((word ^ (word >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What a schedule is about: the order, what the supplier makes of it, and the site as it is registered. */
export interface Cast {
  readonly drafted: Order
  readonly jobOf: (now: Instant) => Job
  readonly site: Site
}

export function runSchedule({ drafted, jobOf, site }: Cast, seed: number, defect: Defect | null): History {
  const random = randomOf(seed)
  const chance = (share: number) => random() < share
  const upTo = (most: number) => Math.floor(random() * most)
  const start = drafted.draftedAt
  /** How much goes wrong differs from schedule to schedule. */
  const trouble = random() * 0.35
  /** The switch opens, and the site's machines run on over a cable beside it. */
  const bypassed = chance(0.1)
  const clockTrouble = chance(0.3) ? 0.02 : 0

  let now = start as number
  let healed = false
  const off = { county: 0, supplier: 0 }
  const countyNow = () => instant(now + off.county)
  const supplierNow = () => instant(now + off.supplier)

  // What is on the county's disk.
  let order = drafted
  const facts: AuditFact[] = []
  const states: string[] = [drafted.state]
  const grants: { point: string; at: number; forMs: number; sha256: string }[] = []
  let stoppedAt: number | null = null

  // What is on the supplier's disk.
  let job: Job | null = null
  let buried = false
  let outbox: { number: number; answer: SupplierAnswer }[] = []
  let answers = 0
  // In the supplier's memory.
  let bornAt = now
  let downUntil = now
  let latest = supplierNow()

  // The world.
  const channel: { due: number; message: Message }[] = []
  const switches = new Map<string, { at: number; told: number }>()
  const movements: Movement[] = []
  let withdrawnReadAt: number | null = null

  const send = (message: Message) => {
    if (!healed && chance(trouble)) return
    const delay = healed ? SECOND : chance(0.05) ? upTo(20 * MINUTE) : upTo(chance(0.3) ? 40 * SECOND : 2 * SECOND)
    channel.push({ due: now + delay, message })
    if (!healed && chance(trouble / 2)) channel.push({ due: now + upTo(5 * MINUTE), message })
  }

  const gateFacts = (): GateFacts => lawfulFacts({ now: countyNow(), rules: RULES, site })

  /** A step of the county: taken and written down, or nothing of it. */
  const take = (input: OrderInput): void => {
    // Killed before it was written.
    if (!healed && chance(0.03)) return
    const result = step(order, input)
    if (result.kind !== 'stepped') return
    order = result.order
    states.push(order.state)
    for (const { at, actor, what } of result.events) {
      facts.push({ at, actor, action: `order.${what}`, subject: order.id, detail: { version: order.version } })
    }
    if (order.stopped && stoppedAt === null) stoppedAt = now
  }

  const countyAnswer = (answer: SupplierAnswer, number: number | null): void => {
    if (order.issuedAt === null) return
    if (answer.kind === 'selected') {
      countySelection(answer)
      return
    }
    take({ kind: 'answer', answer, now: countyNow() })
    // Killed before it could say so: the supplier tells it again.
    if (number !== null && (healed || !chance(0.05))) send({ to: 'supplier', kind: 'taken', number })
  }

  const countySelection = (answer: SelectedAnswer): void => {
    const known = gateFacts()
    const asIs = order
    const blind =
      defect === 'permits-after-the-stop'
        ? {
            ...order,
            stopped: null,
            points: order.points.map((p) => (p.result?.kind === 'withdrawn' ? { ...p, result: null } : p)),
            state: 'accepted' as const,
          }
        : defect === 'permits-after-the-end'
          ? {
              ...order,
              validUntil: instant(order.validUntil + 60 * MINUTE),
              lapsedAt: null,
              state: 'accepted' as const,
            }
          : order
    const before = repliedBefore(blind, answer, known.now)
    if (before) {
      const permission = permissionOf(before.jws)
      send({ to: 'supplier', kind: 'permission', permission, sha256: before.sha256 })
      return
    }
    const decision = decideSelection(blind, answer, known)
    const permission = permissionDocument(order, answer, decision, known.now)
    const jws = JSON.stringify(permission)
    const sha256 = `${answer.supplyPoint} ${answer.selection} ${known.now}`
    order = blind
    take({ kind: 'selected', answer, permission, jws, sha256, facts: known })
    const written = order.permissions.some((one) => one.sha256 === sha256)
    if (order === blind) order = asIs
    // The reply goes out only once it is written down.
    if (decision.granted && !written) return
    if (decision.granted) {
      grants.push({ point: answer.supplyPoint, at: now, forMs: decision.validUntil - known.now, sha256 })
    }
    send({ to: 'supplier', kind: 'permission', permission, sha256 })
  }
  const permissionOf = (jws: string): OperatePermission => JSON.parse(jws)

  const countyTick = (): void => {
    const effects = pendingEffects(order)
    if (effects.includes('sign')) {
      take({ kind: 'signed', jws: 'signed', issuedAt: countyNow(), facts: gateFacts() })
    }
    if (effects.includes('deliver') && countyNow() < order.validUntil) send({ to: 'supplier', kind: 'order' })
    if (effects.includes('withdraw')) send({ to: 'supplier', kind: 'withdrawal' })
    if (effects.includes('watch-effect')) countyMeasure()
    take({ kind: 'time', now: countyNow(), rules: RULES })
  }

  /** The meter tells what the switch does, once it has held for long enough. */
  const countyMeasure = (): void => {
    for (const { id, result } of order.points) {
      if (result?.kind !== 'executed') continue
      const moved = switches.get(id)
      if (defect !== 'shows-what-nobody-measured' && moved && now - moved.at < RULES.effectHoldMs) continue
      const dead = moved !== undefined && !bypassed
      const verdict = dead || defect === 'shows-what-nobody-measured' ? 'zero' : 'loaded'
      take({ kind: 'measured', point: id, verdict, notes: [], now: countyNow() })
    }
  }

  const say = (saying: Saying, number: number | null): SupplierAnswer => {
    const answer = { ...answerTo(order, saying as never), at: isoTime(supplierNow()) } as SupplierAnswer
    if (number !== null) outbox.push({ number, answer })
    return answer
  }
  /** A step of the supplier: job and what is said of it are written together, or nothing of it. */
  const move = ({ job: next, say: said }: Moved): boolean => {
    if (next === job) return true
    if (!healed && chance(0.03)) {
      supplierRestart()
      return false
    }
    job = next
    if (said) say(said, ++answers)
    return true
  }
  const time = () => {
    latest = instant(Math.max(latest, supplierNow()))
    return latest
  }
  const moment = () => ({ now: time(), monotonicMs: now - bornAt })

  /** Down for a while, and up again on what it had written. */
  const supplierRestart = (): void => {
    downUntil = healed ? now : now + upTo(chance(0.3) ? 2 * MINUTE : SECOND)
    bornAt = now - upTo(MINUTE)
    latest = supplierNow()
    if (!job) return
    if (defect !== 'keeps-a-permission-over-a-restart') job = afterRestart(job)
    else job = { ...job, points: job.points.map((point) => ({ ...point, askedAtMs: now - bornAt })) }
  }

  const supplierTake = (message: Extract<Message, { to: 'supplier' }>): void => {
    switch (message.kind) {
      case 'order':
        if (!job) {
          const opened = jobOf(supplierNow())
          // What its own check at the door says: past its time, or withdrawn already.
          const refused = buried || supplierNow() >= opened.validUntil
          job = refused ? { ...opened, state: 'refused', points: [] } : opened
          say(
            refused ? { kind: 'refused', reason: buried ? 'withdrawn' : 'expired', detail: 'x' } : { kind: 'received' },
            ++answers,
          )
        }
        // Each copy gets the receipt at once, beside what lies in the outbox.
        if (job.state !== 'refused')
          send({ to: 'county', kind: 'answer', answer: say({ kind: 'received' }, null), number: null })
        return
      case 'withdrawal':
        if (defect !== 'forgets-a-withdrawal') {
          if (job) {
            if (!move(withdraw(job, supplierNow()))) return
          } else buried = true
        }
        withdrawnReadAt ??= now
        send({ to: 'county', kind: 'answer', answer: say({ kind: 'withdrawal-received' }, null), number: null })
        return
      case 'taken':
        outbox = outbox.filter(({ number }) => number !== message.number)
        return
      case 'permission': {
        const { permission, sha256 } = message
        const asked = { order: order.id, orderSha256: order.documentSha256, supplier: order.supplier }
        const point = job?.points.find(({ id }) => id === permission.supplyPoint)
        if (!job || !point) return
        const about = { ...asked, supplyPoint: point.id, selection: point.selection }
        if (permissionProblem(permission, { ...about, now: supplierNow(), clockSkewMs: SKEW_MS }) !== null) return
        move(takePermission(job, permission, sha256, time()))
      }
    }
  }

  const supplierWork = (): void => {
    if (!job || now < downUntil) return
    const next = nextWork(job, POLICY, time())
    if (next.kind === 'decide') move(decide(job, POLICY, time()))
    if (next.kind === 'settle') move(settle(job))
    if (next.kind === 'give-up') move(giveUp(job, time()))
    if (next.kind === 'select') supplierSelect(next.point.id)
    if (next.kind === 'operate') supplierOperate(next.point.id)
  }

  const supplierSelect = (id: Job['points'][number]['id']): void => {
    if (!job) return
    if (defect === 'operates-on-the-order-alone') {
      if (
        move({
          job: { ...job, points: job.points.map((p) => (p.id === id ? { ...p, state: 'operating' } : p)) },
          say: null,
        })
      )
        tellSwitch(id)
      return
    }
    if (!move({ job: selectPoint(job, id, moment()), say: null })) return
    const point = job.points.find((one) => one.id === id)
    if (point?.state !== 'selected') return
    const about = { supplyPoint: id, selection: point.selection, ticket: 't', operator: 'o', supervisor: 's' }
    send({ to: 'county', kind: 'answer', answer: say({ kind: 'selected', ...about }, null), number: null })
  }

  const supplierOperate = (id: Job['points'][number]['id']): void => {
    const point = job?.points.find((one) => one.id === id)
    if (!job || !point) return
    if (point.state === 'operating') {
      if (!healed && chance(trouble)) return
      const moved = switches.get(id)
      if (defect === 'tells-a-switch-again-without-asking-it') {
        tellSwitch(id)
        return
      }
      move(finishPoint(job, id, moved ? done() : { kind: 'missed', detail: 'x' }, 'switchgear'))
      return
    }
    const inTime = time() + MARGIN_MS < job.validUntil
    const isHeld = permittedForMs(point, moment()) > MARGIN_MS || defect === 'operates-on-an-old-permission'
    if (!inTime || !isHeld) return void move({ job: dropPermission(job, id), say: null })
    const begun =
      defect === 'operates-on-an-old-permission'
        ? { ...job, points: job.points.map((p) => (p.id === id ? { ...p, state: 'operating' as const } : p)) }
        : beginPoint(job, id, moment())
    if (!move({ job: begun, say: null })) return
    // Killed between the writing and the telling.
    if (!healed && chance(0.05)) supplierRestart()
    else tellSwitch(id)
  }

  const done = (): Operation => ({ kind: 'done', position: 'open', movedAt: supplierNow(), readAt: supplierNow() })

  /** The switch moves at once, or never; what it says may be lost, and whoever told it may be killed. */
  const tellSwitch = (id: Job['points'][number]['id']): void => {
    if (job?.points.find((point) => point.id === id)?.state !== 'operating') return
    if (!healed && chance(trouble / 2)) return
    const known = switches.get(id)
    switches.set(id, { at: known?.at ?? now, told: (known?.told ?? 0) + 1 })
    movements.push({ point: id, at: now, withdrawnAt: withdrawnReadAt })
    if (!healed && chance(0.05)) {
      supplierRestart()
      return
    }
    if (!healed && chance(trouble)) return
    move(finishPoint(job, id, done(), 'switchgear'))
  }

  const supplierPost = (): void => {
    // The oldest first, the next only once it was taken.
    const [head] = outbox
    if (head && now >= downUntil) send({ to: 'county', kind: 'answer', answer: head.answer, number: head.number })
  }

  const people = (): void => {
    if (order.state === 'drafted' || order.state === 'approved-once') {
      const facts_ = gateFacts()
      // Two people at once: each is taken as the order then stands.
      for (const by of chance(0.5) ? [OFFICER, HEAD] : [HEAD, OFFICER]) {
        take({ kind: 'approve', by, documentSha256: order.documentSha256, facts: facts_ })
      }
    } else if (stopsAt !== null && now >= stopsAt && !order.stopped) {
      for (const by of chance(0.5) ? [OFFICER, HEAD] : [OFFICER]) {
        take({ kind: 'stop', by, reason: 'x', now: countyNow() })
      }
    }
  }
  const stopsAt = chance(0.4) ? start + upTo(chance(0.7) ? 2 * MINUTE : 12 * MINUTE) : null

  const deliverDue = (): void => {
    channel.sort((a, b) => a.due - b.due)
    while (channel[0] && channel[0].due <= now) {
      const { message } = channel.shift() as { message: Message }
      if (message.to === 'county') countyAnswer(message.answer, message.number)
      else if (now >= downUntil) supplierTake(message)
    }
  }

  const setClocks = (): void => {
    const side = chance(0.5) ? 'county' : 'supplier'
    off[side] = chance(0.4) ? 0 : (random() - 0.5) * (chance(0.5) ? MINUTE : 60 * MINUTE)
  }

  const acts = [people, countyTick, countyTick, supplierWork, supplierWork, supplierPost]
  const round = (): void => {
    deliverDue()
    for (const act of acts) if (healed || chance(0.8)) act()
    if (!healed && chance(0.03)) supplierRestart()
    if (!healed && chance(clockTrouble)) setClocks()
    now += healed ? 5 * SECOND : upTo(chance(0.03) ? 4 * MINUTE : 8 * SECOND)
  }
  for (let i = 0; i < 60; i++) round()
  healed = true
  off.county = 0
  off.supplier = 0
  for (let i = 0; i < 400 && !isSettled(order, job, outbox.length); i++) {
    round()
    if (i > 60) now += 2 * MINUTE
  }
  return { order, movements, grants, stoppedAt, facts, states, job, bypassed }
}

const isSettled = (order: Order, job: Job | null, unsaid: number): boolean =>
  (isEnded(order.state) || order.state === 'watched') &&
  unsaid === 0 &&
  (job === null || ['done', 'refused', 'withdrawn'].includes(job.state)) &&
  pendingEffects(order).length === 0
