import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { CutOffOrder } from '@minewarden/protocol/order.ts'
import type { OperatePermission } from '@minewarden/protocol/permission.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { beginPoint, decide, type Job, openJob, selectPoint, takePermission } from '@minewarden/utility/core/job.ts'
import type { OperateLimit, Operation, SwitchAction, Switchgear } from '@minewarden/utility/core/ports.ts'
import { createDispatcher } from '@minewarden/utility/dispatcher.ts'
import { openStore, type Store } from '@minewarden/utility/shell/store.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FEEDER, NOW, POINT } from '../support/cut-off/fixtures.ts'
import { createManualClock, type ManualClock } from '../support/cut-off/manual-clock.ts'
import { makeContent, makeOrder } from '../support/cut-off/signed.ts'

const MINUTE = 60_000
const MARGIN = 6_000
const policy = { acceptDelayMs: 0, executeDelayMs: 0, refuse: [] }
const silent = { debug() {}, info() {}, warn() {}, error() {} }
let folder: string
let store: Store
let clock: ManualClock
let order: CutOffOrder
let said: string[]
let asked: number[]

/** A switch that does as the test says; what it was asked is kept. */
class ScriptedSwitch implements Switchgear {
  readonly asked: string[] = []
  before = 0
  opens: Operation[] = []
  reads: Operation[] = []
  async operate(_feeder: string, _action: SwitchAction, _reference: string, limit: OperateLimit): Promise<Operation> {
    this.before = limit.before
    if (!limit.mayOperate()) return { kind: 'missed', detail: 'no time' }
    this.asked.push('open')
    return this.opens.shift() ?? openSince(clock.now())
  }
  async wasOperated(): Promise<Operation> {
    this.asked.push('read')
    return this.reads.shift() ?? { kind: 'missed', detail: 'not opened' }
  }
}
const silentSwitch: Operation = { kind: 'unknown', detail: 'feeder-unreachable' }
const openSince = (at: number): Operation => ({
  kind: 'done',
  position: 'open',
  movedAt: instant(at),
  readAt: instant(at),
})

/** What the county replies to a selection; `null`: it is not to be reached. */
type County = (asked: Selected) => Promise<OperatePermission | null> | OperatePermission | null
interface Selected {
  readonly supplyPoint: string
  readonly selection: number
}
const reply = ({ supplyPoint, selection }: Selected) => ({
  type: 'operate-permission' as const,
  version: 1 as const,
  order: order.order.id,
  orderSha256: order.orderSha256,
  supplier: order.order.supplier,
  supplyPoint: supplyPoint as SupplyPointId,
  selection,
  selectedAt: isoTime(clock.now()),
  at: isoTime(clock.now()),
})
const grant: County = (asked) => ({
  ...reply(asked),
  granted: true,
  validUntil: isoTime(instant(clock.now() + MINUTE)),
})
const refuse =
  (mayAskAgain: boolean): County =>
  (asked) => ({ ...reply(asked), granted: false, because: [{ code: 'people', values: {} }], mayAskAgain })

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'minewarden-dispatcher-'))
  store = openStore(join(folder, 'utility.sqlite'))
  clock = createManualClock(NOW)
  order = await makeOrder(makeContent(NOW), NOW)
  said = []
  asked = []
})
afterEach(() => {
  store[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

const received = () => openJob(order, () => FEEDER, NOW)
const accepted = () => decide(received(), policy, NOW).job
const at = () => ({ now: clock.now(), monotonicMs: clock.monotonic() })
const operating = () => {
  const selected = selectPoint(accepted(), POINT as never, at())
  const granted = grant({ supplyPoint: POINT, selection: 1 }) as OperatePermission
  return beginPoint(takePermission(selected, granted, 'f'.repeat(64), NOW).job, POINT as never, at())
}
function add(job: Job = received()) {
  const { id, sequence } = order.order
  store.add({ id, sequence, payloadSha256: 'p', orderSha256: order.orderSha256, job, receipt: 'r', error: null }, 'jws')
}

type Meanwhile = (second: number, dispatcher: ReturnType<typeof createDispatcher>) => Promise<void>

/** Runs a dispatcher over the store until it has nothing left to do, for at most so many seconds of its clock. */
async function run(
  switchgear: Switchgear,
  seconds = 30,
  county: County = grant,
  meanwhile: Meanwhile = async () => {},
) {
  await using dispatcher = createDispatcher({
    store,
    clock,
    logger: silent,
    switchgear,
    sign: async (_order, saying) => {
      if (saying.kind !== 'selected') said.push(saying.kind)
      return JSON.stringify(saying)
    },
    async ask(jws) {
      const selected = JSON.parse(jws)
      asked.push(selected.selection)
      const permission = await county(selected)
      return permission && { permission, sha256: 'f'.repeat(64) }
    },
    supplier: order.order.supplier,
    crew: { operator: '操作人', supervisor: '监护人' },
    clockSkewMs: MINUTE,
    policy,
    operateMarginMs: MARGIN,
    onAnswer: () => {},
  })
  dispatcher.start()
  for (let i = 0; i < seconds && store.working().length > 0; i++) {
    await meanwhile(i, dispatcher)
    await clock.advance(1_000)
  }
}
const point = () => store.byId(order.order.id)?.job.points[0]?.state

test('an order is accepted, operated once, and both are said', async () => {
  add()
  const gear = new ScriptedSwitch()
  await run(gear)
  expect(said).toEqual(['accepted', 'executed'])
  expect(gear.asked).toEqual(['open'])
  await run(gear)
  expect(gear.asked).toEqual(['open'])
  // Bounded by the permission, which ends long before the order does.
  expect(gear.before).toBeLessThanOrEqual(NOW + 2 * MINUTE)
})

test('that the switch is about to be told to move is on the disk before it is told', async () => {
  add(accepted())
  const gear = new ScriptedSwitch()
  let seen: string | undefined
  const open = gear.operate.bind(gear)
  gear.operate = (...question) => {
    seen = point()
    return open(...question)
  }
  await run(gear)
  expect(seen).toBe('operating')
})

test('after a crash in the middle of an operation the switch is asked, and not told again when it moved', async () => {
  add(operating())
  const gear = new ScriptedSwitch()
  gear.reads = [openSince(NOW - 500)]
  await run(gear)
  expect(gear.asked).toEqual(['read'])
  expect(said).toEqual(['executed'])
})

test('after a crash before the switch was told it is told now', async () => {
  add(operating())
  const gear = new ScriptedSwitch()
  await run(gear)
  expect(gear.asked).toEqual(['read', 'open'])
  expect(said).toEqual(['executed'])
})

test('a switch that did not answer is asked before it is told again', async () => {
  add(accepted())
  const gear = new ScriptedSwitch()
  gear.opens = [silentSwitch]
  gear.reads = [silentSwitch, openSince(NOW)]
  await run(gear)
  expect(gear.asked).toEqual(['open', 'read', 'read'])
  expect(said).toEqual(['executed'])
})

test('an order whose time runs out is never operated', async () => {
  add(accepted())
  await clock.advance(120 * MINUTE - MARGIN)
  const gear = new ScriptedSwitch()
  await run(gear)
  expect(gear.asked).toEqual([])
  expect(said).toEqual(['failed'])
})

test('an order that is decided on too late is refused as expired', async () => {
  add()
  await clock.advance(120 * MINUTE)
  await run(new ScriptedSwitch())
  expect(said).toEqual(['refused'])
})

test('a switch that was silent over the end is still asked, and what it did in time is told', async () => {
  add(accepted())
  const gear = new ScriptedSwitch()
  gear.opens = [silentSwitch]
  gear.reads = Array(5).fill(silentSwitch)
  await run(gear, 3)
  await clock.advance(180 * MINUTE)
  gear.reads = [silentSwitch, openSince(NOW + 100)]
  await run(gear)
  expect(gear.asked.filter((question) => question === 'open')).toHaveLength(1)
  expect(said).toEqual(['executed'])
})

test('a switch that was silent over the end and had not moved is never told again', async () => {
  add(operating())
  await clock.advance(180 * MINUTE)
  const gear = new ScriptedSwitch()
  await run(gear)
  expect(gear.asked).toEqual(['read'])
  expect(said).toEqual(['failed'])
})

test('the time is asked once more between selecting and operating', async () => {
  add(accepted())
  const gear = new ScriptedSwitch()
  const open = gear.operate.bind(gear)
  gear.operate = async (feeder, action, reference, limit) => {
    await clock.advance(180 * MINUTE)
    return await open(feeder, action, reference, limit)
  }
  await run(gear)
  expect(gear.asked).toEqual([])
  expect(said).toEqual(['failed'])
})

test('a clock that is set back gives an order no second time', async () => {
  add(operating())
  await clock.advance(121 * MINUTE)
  const gear = new ScriptedSwitch()
  // Silent over the end: then the clock is set back, and only after that the switch says that it did not move.
  gear.reads = [silentSwitch, silentSwitch]
  gear.wasOperated = async () => {
    gear.asked.push('read')
    const answer = gear.reads.shift()
    if (!answer) return { kind: 'missed', detail: 'not opened' }
    if (gear.reads.length === 0) await clock.advance(-100 * MINUTE)
    return answer
  }
  await run(gear)
  expect(gear.asked.filter((question) => question === 'open')).toEqual([])
  expect(said).toEqual(['failed'])
})

test('a clock that stands before the receipt operates nothing', async () => {
  add(accepted())
  await clock.advance(-60 * MINUTE)
  const gear = new ScriptedSwitch()
  await run(gear)
  expect(gear.asked).toEqual([])
})

test('nothing is operated before the county replied, and what it refuses for good is told to have failed', async () => {
  add()
  const gear = new ScriptedSwitch()
  await run(gear, 10, () => null)
  expect(gear.asked).toEqual([])
  await run(gear, 10, refuse(false))
  expect(gear.asked).toEqual([])
  expect(said).toEqual(['accepted', 'failed'])
})

test('a selection without a reply is told again under its number; one that was refused for now is made anew', async () => {
  add()
  await run(new ScriptedSwitch(), 12, () => null)
  expect(new Set(asked)).toEqual(new Set([1]))
  expect(asked.length).toBeGreaterThan(1)
  asked = []
  await run(new ScriptedSwitch(), 17, refuse(true))
  expect(asked).toEqual([2, 3, 4])
  const gear = new ScriptedSwitch()
  await run(gear)
  expect(gear.asked).toEqual(['open'])
})

test('a permission is counted from the asking: one that came late is not used, and the point is selected anew', async () => {
  add()
  const gear = new ScriptedSwitch()
  let slow = true
  await run(gear, 90, async (selected) => {
    const granted = await grant(selected)
    if (slow) await clock.advance(MINUTE - MARGIN)
    slow = false
    // Its `at` is of the moment of the decision, within the skew.
    return granted
  })
  expect(asked).toEqual([1, 2])
  expect(gear.asked).toEqual(['open'])
})

test.each([
  ['of another point', { supplyPoint: 'sp-9' }],
  ['of another selection', { selection: 7 }],
  ['of another order', { order: '450324-9' }],
  ['of another document', { orderSha256: '0'.repeat(64) }],
  ['for another supplier', { supplier: 'other' }],
  ['by a clock that is an hour off', { at: isoTime(instant(NOW - 60 * MINUTE)) }],
])('a permission %s operates nothing', async (_what, change) => {
  add()
  const gear = new ScriptedSwitch()
  await run(gear, 8, async (selected) => ({ ...((await grant(selected)) as object), ...change }) as OperatePermission)
  expect(gear.asked).toEqual([])
})

test('a permission does not outlive the process that asked for it', async () => {
  add()
  const stuck = new ScriptedSwitch()
  stuck.operate = async () => ({ kind: 'unknown', detail: 'x' })
  const selected = selectPoint(accepted(), POINT as never, at())
  const granted = grant({ supplyPoint: POINT, selection: 1 }) as OperatePermission
  store.move(order.order.id, takePermission(selected, granted, 'f'.repeat(64), NOW).job, null)
  expect(point()).toBe('permitted')
  const gear = new ScriptedSwitch()
  await run(gear)
  expect(asked).toEqual([2])
  expect(gear.asked).toEqual(['open'])
})

test('an order that is withdrawn before the switch was told is never operated, and that is said', async () => {
  add()
  const gear = new ScriptedSwitch()
  await run(gear, 10, refuse(true), async (second, dispatcher) => {
    if (second === 2) await dispatcher.withdraw(order.order.id)
  })
  expect(gear.asked).toEqual([])
  expect(said).toEqual(['accepted', 'withdrawn'])
})

test('a withdrawal between the selection of the switch and its command holds the command back', async () => {
  add()
  const gear = new ScriptedSwitch()
  const operate = gear.operate.bind(gear)
  let take: (() => Promise<void>) | null = null
  gear.operate = async (...question) => {
    await take?.()
    return await operate(...question)
  }
  await run(gear, 10, grant, async (_second, dispatcher) => {
    take = () => dispatcher.withdraw(order.order.id)
  })
  expect(gear.asked).toEqual([])
  expect(said).toEqual(['accepted', 'withdrawn'])
})

test('a switch that was moving when the order was withdrawn is told of before the last word', async () => {
  add(operating())
  const gear = new ScriptedSwitch()
  gear.reads = [silentSwitch, silentSwitch, openSince(NOW)]
  await run(gear, 10, grant, async (second, dispatcher) => {
    if (second === 0) await dispatcher.withdraw(order.order.id)
  })
  expect(said).toEqual(['executed', 'withdrawn'])
})
