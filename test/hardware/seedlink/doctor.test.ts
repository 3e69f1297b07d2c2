import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Check } from '@minewarden/edge/check.ts'
import { parseConfig } from '@minewarden/edge/config.ts'
import { runDoctor } from '@minewarden/edge/doctor.ts'
import { SeedLinkServer } from '@minewarden/hardware/sim/seedlink/server.ts'
import { expect, it } from 'vitest'
import { recordsOf, station } from './support.ts'

it('the technician’s check says what the server offers when a station is missing', async () => {
  const data = mkdtempSync(join(tmpdir(), 'minewarden-seedlink-'))
  await using server = await SeedLinkServer.listen()
  for (const record of recordsOf({ station: 'R0001', seed: 1 }, 0, 100)) server.offer(record)
  const config = parseConfig({
    gateway: 'gw-1',
    county: '450324',
    data,
    uplink: { servers: ['mqtt://127.0.0.1:1'] },
    drivers: [{ kind: 'seedlink', host: '127.0.0.1', port: server.port, stations: [station('R0009', 'geo-1')] }],
  })
  let text = ''
  const output = { json: true, write: (more: string) => (text += more) }
  expect(await runDoctor(config, output, AbortSignal.timeout(20_000))).toBe(1)
  const { checks } = JSON.parse(text) as { checks: Check[] }
  const check = checks.find(({ name }) => name === 'sensor geo-1')
  expect(check).toMatchObject({ passed: false })
  expect(check?.detail).toMatch(/refused station AM\.R0009.*; SeedLink v3\.3 \(2022\.070\) has AM\.R0001\.00\.EHZ$/)
  rmSync(data, { recursive: true, force: true })
})
