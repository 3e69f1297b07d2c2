import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CutOffOrder } from '@minewarden/protocol/order.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { beginPoint, decide, openJob } from '@minewarden/utility/core/job.ts'
import type { OperateLimit, Operation, Switchgear } from '@minewarden/utility/core/ports.ts'
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

/** A switch that does as the test says; what it was asked is kept. */
class ScriptedSwitch implements Switchgear {
  readonly asked: string[] = []
  before = 0
  opens: Operation[] = []
  reads: Operation[] = []
  async open(_feeder: string, _reference: string, { mayOperate, before }: OperateLimit): Promise<Operation> {
    this.before = before
    if (!mayOperate()) return { kind: 'failed', detail: 'no time' }
    this.asked.push('open')
    return this.opens.shift() ?? { kind: 'open', movedAt: clock.now(), readAt: clock.now() }
  }
  async wasOpened(): Promise<Operation> {
    this.asked.push('read')
    return this.reads.shift() ?? { kind: 'failed', detail: 'not opened' }
  }
}
const silentSwitch: Operation = { kind: 'unknown', detail: 'feeder-unreachable' }
const openSince = (at: number): Operation => ({ kind: 'open', movedAt: instant(at), readAt: instant(at) })

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'minewarden-dispatcher-'))
  store = openStore(join(folder, 'utility.sqlite'))
  clock = createManualClock(NOW)
  order = await makeOrder(makeContent(NOW), NOW)
  said = []
})
afterEach(() => {
  store[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

const received = () => openJob(order, () => FEEDER, NOW)
const accepted = () => decide(received(), policy, NOW).job
const operating = () => beginPoint(accepted(), POINT as never)
function add(job = received()) {
  const { id, sequence } = order.order
  store.add({ id, sequence, payloadSha256: 'p', orderSha256: order.orderSha256, job, receipt: 'r', error: null }, 'jws')
}

/** Runs a dispatcher over the store until it has nothing left to do, for at most so many seconds of its clock. */
async function run(switchgear: Switchgear, seconds = 30) {
  await using dispatcher = createDispatcher({
    store,
    clock,
    logger: silent,
    switchgear,
    sign: async (_order, saying) => {
      said.push(saying.kind)
      return `${saying.kind} ${'detail' in saying ? saying.detail : ''}`
    },
    policy,
    operateMarginMs: MARGIN,
    onAnswer: () => {},
  })
  dispatcher.start()
  for (let i = 0; i < seconds && store.working().length > 0; i++) await clock.advance(1_000)
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
  expect(gear.before).toBe(Date.parse(order.order.validUntil))
})

test('that the switch is about to be told to move is on the disk before it is told', async () => {
  add(accepted())
  const gear = new ScriptedSwitch()
  let seen: string | undefined
  const open = gear.open.bind(gear)
  gear.open = (...question) => {
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
  const open = gear.open.bind(gear)
  gear.open = async (feeder, reference, limit) => {
    await clock.advance(180 * MINUTE)
    return await open(feeder, reference, limit)
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
  gear.wasOpened = async () => {
    gear.asked.push('read')
    const answer = gear.reads.shift()
    if (!answer) return { kind: 'failed', detail: 'not opened' }
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
