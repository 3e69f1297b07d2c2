import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clocksOf } from '@minewarden/cloud/core/evidence/frozen-lines.ts'
import { samplesOf } from '@minewarden/cloud/core/evidence/waveform-samples.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import { createEvidenceService } from '@minewarden/cloud/shell/evidence-service.ts'
import { createEvidenceSupplements } from '@minewarden/cloud/shell/evidence-supplements.ts'
import { openRecords, type Records } from '@minewarden/cloud/shell/records/database.ts'
import { createEvidenceFreezer } from '@minewarden/cloud/shell/records/evidence-repository.ts'
import { insertOrder } from '@minewarden/cloud/shell/records/orders-repository.ts'
import { documentSha256, sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey, publicKeyOf, verifyDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { draftOrder } from '../../../cloud/core/orders/draft.ts'
import { note } from '../../../cloud/core/orders/order-text.ts'
import type { Stretch } from '../../../cloud/core/waveforms.ts'
import { encodeRecords } from '../../../hardware/miniseed/encode.ts'
import { HEAD, ISSUER, makeFinding, makeSite, NOW, OFFICER } from '../../support/cut-off/fixtures.ts'
import { lawfulLegal } from '../../support/cut-off/lawful.ts'
import { createManualClock } from '../../support/cut-off/manual-clock.ts'
import { makeContent } from '../../support/cut-off/signed.ts'
import { createMemoryLogger } from '../../support/memory/cloud.ts'
import { findProgram, requires } from '../../support/requires.ts'

const GATEWAY = GatewayId.parse('gw-1')
const SHOT = instant(NOW - 60_000)
const SAMPLES = Int32Array.from({ length: 1500 }, (_, i) => Math.round(90_000 * Math.exp(-i / 300) * Math.sin(i * 0.9)))

const miniSeed = (channel: string, encoding: 'steim1' | 'steim2' | 'int32' = 'steim2') =>
  encodeRecords({
    ...{ network: 'MW', station: 'GEO1', location: '', channel, rateHz: 100, startAt: SHOT, samples: SAMPLES },
    ...{ encoding, recordLength: 512, byteOrder: 'big' as const },
  })

let offset = 0
const row = (kind: string, fields: object, channel: string | null = null, change: object = {}): JournalRow => ({
  offset: ++offset,
  gateway: GATEWAY,
  receivedAt: instant(NOW - 30_000),
  historical: false,
  reading: {
    ...{ kind, sensor: SensorId.parse('geo-1'), channel, measuredAt: instant(SHOT + offset), clock: 'ntp', fields },
    ...{ clockErrorMs: 2, ...change },
  } as unknown as Reading,
})
const wave = (channel: string, receivedAt = NOW - 30_000): JournalRow => ({
  ...row(
    'waveform',
    { request: '', fromMs: SHOT, toMs: SHOT + 15_000, part: 0, parts: 1, data: miniSeed(channel) },
    channel,
  ),
  receivedAt: instant(receivedAt),
})

let records: Records
let rows: JournalRow[]
const clock = createManualClock(NOW)
const key = await generatePrivateKey()

beforeEach(async () => {
  records = await openRecords(':memory:')
  rows = [
    row('event', { onsetMs: SHOT, durationS: 3, peakVelocityMPerS: 0.002 }),
    row('vibration', { rmsMPerS: 1e-6 }, 'HHZ', { clock: 'holdover', clockErrorMs: 40 }),
    row('probe', { status: 'online', cause: null }),
  ]
})
afterEach(() => records.destroy())

const journal = {
  rowsOf: ({ kinds }: { kinds: readonly string[] | null }) =>
    rows.filter((one) => !kinds || kinds.includes(one.reading.kind)),
}

/** An order drafted on what the journal holds. */
async function drafted() {
  const finding = makeFinding(instant(NOW - 1000))
  const contextOf = () => ({ cloud: { software: '0.1.0' }, gateways: [{ id: GATEWAY, software: null }] })
  const freeze = createEvidenceFreezer({ records, clock, journal, gatewaysOf: () => [GATEWAY], contextOf })
  const pieces = await freeze(finding)
  const evidence = [{ what: 'state finding', sha256: await documentSha256(finding) }, ...pieces]
  const content = makeContent(NOW, { evidence })
  const order = draftOrder(content, await documentSha256(content), finding, makeSite(), lawfulLegal(makeSite(), NOW))
  const event = { at: NOW, actor: 'system', what: 'drafted', notes: [note('text', { text: 'x' })] }
  await insertOrder(records, order, [event])
  return order
}

function supplements(order: Awaited<ReturnType<typeof drafted>>) {
  const asked: Stretch[] = []
  const known = { id: order.id, site: order.site, draftedAt: NOW, findingAt: order.evidence.findingAt }
  const keeper = createEvidenceSupplements({
    ...{ records, journal, gatewaysOf: () => [GATEWAY], clock, logger: createMemoryLogger() },
    orders: () => [{ ...known, pieces: order.content.evidence }],
    ask: (stretch) => void asked.push(stretch),
  })
  return { keeper, asked }
}

const service = () => createEvidenceService({ records, clock, issuer: ISSUER, signingKey: key })

test('waveforms that come after the draft are frozen as a supplement that the log names, each part once', async () => {
  const order = await drafted()
  const { keeper } = supplements(order)
  rows.push(wave('HHZ'), wave('HHN', NOW))
  await keeper.tend()
  await keeper.tend()
  const first = await service().view(order.id)
  expect(first?.pieces.filter(({ kind }) => kind === 'supplement')).toMatchObject([
    { what: expect.stringContaining('waveform') },
  ])
  await clock.advance(20_000)
  await keeper.tend()
  const view = await service().view(order.id)
  expect(view?.pieces.filter(({ kind }) => kind === 'supplement')).toHaveLength(2)
  const entries = await records.selectFrom('audit').selectAll().where('action', '=', 'evidence.supplemented').execute()
  expect(entries.map(({ subject, detail }) => [subject, JSON.parse(detail).pieces[0].sha256])).toEqual(
    view?.pieces.slice(-2).map(({ sha256 }) => [order.id, sha256]),
  )
})

test('a gateway is asked once for the waveform of an event that has sent none, after some minutes', async () => {
  const order = await drafted()
  const { keeper, asked } = supplements(order)
  await keeper.tend()
  expect(asked).toEqual([])
  await clock.advance(5 * 60_000)
  await keeper.tend()
  await keeper.tend()
  expect(asked).toEqual([{ gateway: GATEWAY, sensor: 'geo-1', channel: 'HHZ', from: SHOT - 5000, to: SHOT + 8000 }])
  rows.push(wave('HHZ'))
  const again = supplements(order)
  await again.keeper.tend()
  expect(again.asked).toEqual([])
})

test('a review is of exactly the pieces that were there, and is in the log; what comes later is not reviewed', async () => {
  const order = await drafted()
  const evidence = service()
  const before = await evidence.view(order.id)
  expect(before?.reviewed).toBe(false)
  const said = { verdict: 'sound', remark: '波形与现场相符', contentSha256: before?.contentSha256 as string } as const
  expect(await evidence.review(order.id, OFFICER, said)).toMatchObject({
    reviewed: true,
    reviews: [{ number: 1, user: OFFICER.id }],
  })
  rows.push(wave('HHZ'))
  await supplements(order).keeper.tend()
  expect((await evidence.view(order.id))?.reviewed).toBe(false)
  await expect(evidence.review(order.id, HEAD, said)).rejects.toMatchObject({ code: 'order-conflict' })
  const { contentSha256 } = (await evidence.view(order.id))!
  const doubted = await evidence.review(order.id, HEAD, { verdict: 'doubtful', remark: 'clock', contentSha256 })
  expect(doubted).toMatchObject({ reviewed: false, reviews: [{}, { number: 2, verdict: 'doubtful' }] })
  const reviewed = await records.selectFrom('audit').select('actor').where('action', '=', 'evidence.reviewed').execute()
  expect(reviewed.map(({ actor }) => actor)).toEqual([OFFICER.id, HEAD.id])
  await expect(evidence.review('none' as never, HEAD, said)).rejects.toMatchObject({ code: 'not-found' })
})

test('a piece is given word for word to its own order only', async () => {
  const order = await drafted()
  const { sha256 } = order.content.evidence[1]!
  expect(await sha256Hex((await service().piece(order.id, sha256)) as string)).toBe(sha256)
  expect(await service().piece(order.id, 'f'.repeat(64))).toBeNull()
  expect(await service().piece('other' as never, sha256)).toBeNull()
})

describe('the bundle', () => {
  async function unpacked() {
    const order = await drafted()
    rows.push(wave('HHZ'), wave('HHN'))
    await supplements(order).keeper.tend()
    const bytes = await service().bundle(order.id, HEAD)
    const dir = mkdtempSync(join(tmpdir(), 'minewarden-bundle-'))
    writeFileSync(join(dir, 'bundle.tar'), bytes)
    mkdirSync(join(dir, 'files'))
    execFileSync('tar', ['-xf', '../bundle.tar'], { cwd: join(dir, 'files') })
    return {
      ...{ order, bytes, dir },
      file: (name: string) => readFileSync(join(dir, 'files', name)),
      list: () => readdirSync(join(dir, 'files'), { recursive: true }).map(String),
      [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
    }
  }

  test('opens with tar, and sha256sum finds every file as it was; a changed one is told', async () => {
    using bundle = await unpacked()
    const check = () =>
      spawnSync('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: join(bundle.dir, 'files'), encoding: 'utf8' })
    expect(check()).toMatchObject({ status: 0 })
    const files = bundle.list().filter((name) => /\.\w+$/.test(name))
    expect(check().stdout.trim().split('\n')).toHaveLength(files.length)
    execFileSync('chmod', ['u+w', join(bundle.dir, 'files/order/finding.json')])
    writeFileSync(join(bundle.dir, 'files/order/finding.json'), '{}')
    expect(check()).toMatchObject({ status: 1 })
  })

  test('holds the document, its finding, readings, waveforms, clocks, versions, reviews and the entries of the log', async () => {
    using bundle = await unpacked()
    expect(bundle.list().sort()).toEqual(
      expect.arrayContaining([
        'clocks.json',
        'versions.json',
        'reviews.json',
        'audit.ndjson',
        'order/document.json',
        'order/finding.json',
        'waveforms/gw-1-geo-1-HHZ.mseed',
        'waveforms/gw-1-geo-1-HHN.mseed',
      ]),
    )
    expect(await sha256Hex(bundle.file('order/document.json'))).toBe(bundle.order.documentSha256)
    const [clocks] = JSON.parse(String(bundle.file('clocks.json')))
    expect(clocks).toMatchObject({ gateway: GATEWAY, worstErrorMs: 40, readingsByClock: { holdover: 1, gnss: 0 } })
    expect(JSON.parse(String(bundle.file('versions.json'))).gateways).toEqual([{ id: GATEWAY, software: null }])
    expect(String(bundle.file('audit.ndjson'))).toContain('evidence.supplemented')
    const manifest = JSON.parse(String(bundle.file('manifest.json')))
    expect(manifest).toMatchObject({ reviewed: false, missing: [], orderSha256: bundle.order.documentSha256 })
    expect(manifest.signatures.gateways).toContain('not signed')
    for (const { name, sha256, bytes } of manifest.files)
      expect([await sha256Hex(bundle.file(name)), bundle.file(name).length]).toEqual([sha256, bytes])
    const pieces = manifest.files.flatMap(({ piece }: { piece?: string }) => piece ?? [])
    for (const { what, sha256 } of bundle.order.content.evidence)
      if (what !== 'state finding') expect(pieces).toContain(sha256)
  })

  test('is vouched for by the county: its manifest is signed, as nothing else', async () => {
    using bundle = await unpacked()
    const keys = { keys: [await publicKeyOf(key)] }
    const jws = String(bundle.file('manifest.jws'))
    const { document } = await verifyDocument(jws, DOCUMENT_TYPES.evidence, keys, z.unknown())
    expect(document).toEqual(JSON.parse(String(bundle.file('manifest.json'))))
    await expect(verifyDocument(jws, DOCUMENT_TYPES.order, keys, z.unknown())).rejects.toThrow('typ')
  })

  test('is the same file for the same evidence, whoever takes it, and that it was taken is on record', async () => {
    using bundle = await unpacked()
    await clock.advance(60_000)
    expect(Buffer.from(await service().bundle(bundle.order.id, OFFICER)).equals(Buffer.from(bundle.bytes))).toBe(true)
    const taken = await records.selectFrom('audit').select('actor').where('action', '=', 'evidence.exported').execute()
    expect(taken.map(({ actor }) => actor)).toEqual([HEAD.id, OFFICER.id])
    await expect(service().bundle('none' as never, HEAD)).rejects.toMatchObject({ code: 'not-found' })
  })

  test.runIf(requires('gcc', 'libmseed'))('has waveforms that libmseed reads, sample by sample', async () => {
    using bundle = await unpacked()
    const oracle = join(bundle.dir, 'oracle')
    const source = join(import.meta.dirname, '../../hardware/miniseed/libmseed-oracle.c')
    execFileSync(findProgram('gcc')!, ['-O1', '-o', oracle, source, '-lmseed'])
    for (const channel of ['HHZ', 'HHN']) {
      const path = join(bundle.dir, `files/waveforms/gw-1-geo-1-${channel}.mseed`)
      const { stdout, stderr, status } = spawnSync(oracle, ['read', path], { encoding: 'utf8' })
      expect([status, stderr]).toEqual([0, ''])
      const lines = stdout.split('\n').filter(Boolean)
      expect(lines.filter((line) => !line.startsWith('record')).map(Number)).toEqual([...SAMPLES])
    }
  })
})

describe('the picture of a waveform', () => {
  test.each(['steim1', 'steim2', 'int32'] as const)('rests on every sample of %s', (encoding) => {
    const blocks = samplesOf(miniSeed('HHZ', encoding))
    expect(blocks.flatMap(({ samples }) => [...samples])).toEqual([...SAMPLES])
    expect(blocks[0]).toMatchObject({ startAt: SHOT, rateHz: 100 })
  })

  test('shows the shot in its slice of time, for each channel', async () => {
    rows.push(wave('HHZ'), wave('HHE'))
    const order = await drafted()
    const pictures = await service().waveforms(order.id)
    expect(pictures.map(({ channel }) => channel)).toEqual(['HHE', 'HHZ'])
    const [picture] = pictures
    expect([isoTime(picture!.from), picture!.to - picture!.from]).toEqual([isoTime(SHOT), 15_000])
    expect(picture?.highs).toHaveLength(600)
    expect(Math.max(...(picture!.highs.slice(0, 60) as number[]))).toBe(Math.max(...SAMPLES))
  })

  test('is of nothing where bytes make no sense, and bytes never hang it', () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(600), new Uint8Array(600).fill(255)])
      expect(samplesOf(bytes)).toEqual([])
  })
})

test('lines that are no readings are passed over; a bound that nobody told is none', () => {
  const told = { gateway: 'gw-1', reading: { ...row('event', {}).reading, clockErrorMs: undefined } }
  expect(clocksOf([JSON.stringify(told)])).toMatchObject([{ worstErrorMs: null, readingsWithoutBound: 1 }])
  expect(clocksOf(['x\n{"a":1}\n', ''])).toEqual([])
})
