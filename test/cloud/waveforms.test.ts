/** A stretch of raw waveform, asked of a real gateway over the embedded broker, answered through the journal. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWaveforms } from '@minewarden/cloud/core/waveforms.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { decodeAll } from '@minewarden/hardware/miniseed/stream.ts'
import { GatewayId, SensorId, UserId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NODE, startLiveGateway } from '../conformance/live-gateway.ts'
import { eventually } from '../support/eventually.ts'
import { startIngestChain } from '../support/ingest-chain.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'minewarden-waveforms-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const OFFICER = UserId.parse('officer-1')
const stretch = (from: number, to: number) => ({
  gateway: GatewayId.parse(NODE),
  sensor: SensorId.parse('geo-1'),
  channel: 'HHZ',
  from: instant(from),
  to: instant(to),
})
const waveformsOf = ({ journal, ingest }: Awaited<ReturnType<typeof startIngestChain>>) =>
  createWaveforms({
    journal,
    command: (gateway, request, at) => ingest.requestWaveform(gateway, request, at),
    isOnline: (gateway) => ingest.isOnline(gateway),
    newId: randomUUID,
    clock: systemClock,
    logger: silentLogger,
  })

test('a gateway answers with the miniSEED of the stretch, and with nothing when it has nothing', async () => {
  await using chain = await startIngestChain([NODE])
  const waveforms = waveformsOf(chain)
  const begunAt = Date.now()
  await using _gateway = await startLiveGateway({ dir, urls: [`mqtt://127.0.0.1:${chain.port}`] })
  await eventually('a birth', () => chain.ingest.isOnline(GatewayId.parse(NODE)))

  const request = waveforms.ask(stretch(begunAt, begunAt + 4_000), OFFICER)
  expect(waveforms.answer(request)).toEqual({ parts: [], expected: null })
  await eventually('the whole answer', () => (waveforms.answer(request)?.parts.length ?? 0) > 0)
  const { parts, expected } = waveforms.answer(request) ?? { parts: [], expected: null }
  expect(expected).toBe(parts.length)
  const channels = parts
    .flatMap((part) => [...decodeAll(part)])
    .map((item) => (item.kind === 'record' ? item.record.channel : item.kind))
  expect(new Set(channels)).toEqual(new Set(['HHZ']))

  const before = waveforms.ask(stretch(begunAt - 100_000, begunAt - 99_000), OFFICER)
  await eventually('an empty answer', () => waveforms.answer(before)?.expected === 0)
  expect(waveforms.answer(before)).toEqual({ parts: [], expected: 0 })
  expect(waveforms.answer(randomUUID())).toBeNull()
})

test('a gateway that is away is asked nothing, and nothing is remembered', async () => {
  await using chain = await startIngestChain([NODE])
  expect(() => waveformsOf(chain).ask(stretch(0, 1_000), OFFICER)).toThrow(
    expect.objectContaining({ code: 'gateway-offline' }),
  )
})
