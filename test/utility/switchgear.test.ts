import { connectFeeders, type FeederClient } from '@minewarden/hardware/feeder/client.ts'
import { createFeederServer, type FeederServer } from '@minewarden/hardware/feeder/server.ts'
import { instant } from '@minewarden/protocol/time.ts'
import type { Switchgear } from '@minewarden/utility/core/ports.ts'
import { systemClock } from '@minewarden/utility/shell/clock.ts'
import { createSwitchgear } from '@minewarden/utility/shell/switchgear-feeder.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'

let resources: AsyncDisposableStack
let server: FeederServer
let client: FeederClient
let gear: Switchgear

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  server = resources.use(createFeederServer({ clock: systemClock }, { feeders: ['f1'], port: 0 }))
  const port = await server.start()
  client = resources.use(connectFeeders({ host: '127.0.0.1', port, clock: systemClock, requestTimeoutMs: 300 }))
  gear = createSwitchgear(client, systemClock)
})
afterEach(() => resources.disposeAsync())

const HOUR = 3_600_000
const soon = () => instant(Date.now() + HOUR)
const open = (reference = 'order-1', mayOperate = () => true, before = soon()) =>
  gear.operate('f1', 'open', reference, { mayOperate, before })

test('a feeder is selected, operated and read back open', async () => {
  expect(await gear.wasOperated('f1', 'open', 'order-1')).toMatchObject({ kind: 'missed' })
  const opened = await open()
  expect(opened).toMatchObject({ kind: 'done', position: 'open', movedAt: server.states()[0]?.changedAt })
  expect(await gear.wasOperated('f1', 'open', 'order-1')).toMatchObject({ kind: 'done', position: 'open' })
  expect(await gear.wasOperated('f1', 'open', 'order-2')).toMatchObject({ kind: 'missed' })
})

test('the same order again moves nothing', async () => {
  await open()
  expect(await open()).toMatchObject({ kind: 'done', position: 'open' })
  expect(server.states()[0]?.operations).toBe(1)
})

test('a feeder is not operated when the time ran out after it was selected, and is free again', async () => {
  expect(await open('order-1', () => false)).toMatchObject({ kind: 'missed' })
  expect(server.states()[0]).toMatchObject({ position: 'closed', operations: 0 })
  expect(await open('order-2')).toMatchObject({ kind: 'done', position: 'open' })
})

test('a locked feeder, one that is stuck, and one that is not there have failed', async () => {
  server.inject('f1', { refuse: true })
  expect(await open()).toMatchObject({ kind: 'failed' })
  server.inject('f1', { stuck: true })
  expect(await open()).toMatchObject({ kind: 'failed' })
  expect(await gear.operate('f9', 'open', 'order-1', { mayOperate: () => true, before: soon() })).toMatchObject({
    kind: 'failed',
  })
})

test('a feeder that answers too late, or not at all, leaves open whether it moved', async () => {
  server.inject('f1', { delayMs: 500 })
  expect(await open()).toMatchObject({ kind: 'unknown' })
  await server[Symbol.asyncDispose]()
  expect(await open()).toMatchObject({ kind: 'unknown' })
  expect(await gear.wasOperated('f1', 'open', 'order-1')).toMatchObject({ kind: 'unknown' })
})

test('a command that the switch reads after the order has expired moves nothing, and is known not to have been done', async () => {
  expect(await open('order-1', () => true, instant(Date.now()))).toMatchObject({ kind: 'missed' })
  expect(server.states()[0]).toMatchObject({ position: 'closed', operations: 0 })
  expect(await gear.wasOperated('f1', 'open', 'order-1')).toMatchObject({ kind: 'missed' })
})

test('a close is permitted, never made: the switch stays open until a person at it presses', async () => {
  await open()
  await expect(client.press('f1')).rejects.toThrow('close-not-permitted')
  const limit = { mayOperate: () => true, before: soon() }
  expect(await gear.operate('f1', 'permit-close', 'back-1', limit)).toMatchObject({ position: 'close-permitted' })
  expect(server.states()[0]).toMatchObject({ position: 'open', operations: 1 })
  expect(await gear.wasOperated('f1', 'permit-close', 'back-1')).toMatchObject({ position: 'close-permitted' })
  await client.press('f1')
  expect(server.states()[0]).toMatchObject({ position: 'closed', closePermitted: false, operations: 2 })
  expect(await gear.wasOperated('f1', 'permit-close', 'back-1')).toMatchObject({ kind: 'done', position: 'closed' })
})
