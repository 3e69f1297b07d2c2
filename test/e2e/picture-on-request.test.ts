import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { runGateway } from '@minewarden/edge/main.ts'
import { stillPicture } from '@minewarden/hardware/sim/still-picture.ts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { siteConfig } from '../crash/support/cloud-config.ts'
import { eventually } from '../support/eventually.ts'
import { accountsOf, passwordOf } from '../support/ingest-chain.ts'

const MAIN = fileURLToPath(new URL('../../cloud/main.ts', import.meta.url))
const GATEWAY = 'gw-1'
const PROBE = 'probe-1'
const REASON = 'vibration at night: who is there?'
const TOKEN = 't'.repeat(43)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

let dir: string
let cloud: ChildProcess | null = null
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'minewarden-picture-'))
})
afterEach(() => {
  cloud?.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

/** A fleet manager with one probe, and its addresses once it is up. */
async function startCloud(): Promise<{ base: string; mqtt: number }> {
  const base = siteConfig(join(dir, 'cloud')) as { sites: { sensors: object[] }[] }
  const site = base.sites[0]!
  const config = {
    ...base,
    sites: [{ ...site, sensors: [{ gateway: GATEWAY, id: PROBE, kind: 'camera-probe' }] }],
    gateways: [{ id: GATEWAY, site: 'site-1', passwordSha256: accountsOf([GATEWAY]).get(GATEWAY)?.passwordSha256 }],
    users: [{ id: 'officer-1', name: '经办', department: 'emergency', role: 'officer' }],
    signInTokens: [{ user: 'officer-1', sha256: sha256(TOKEN), expiresAt: '2099-01-01T00:00:00Z' }],
  }
  writeFileSync(join(dir, 'cloud.json'), JSON.stringify(config))
  cloud = spawn(process.execPath, [MAIN, join(dir, 'cloud.json')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  cloud.stderr?.on('data', (chunk) => {
    said += chunk
  })
  const up = await eventually('the cloud is up', () => said.split('\n').find((line) => line.includes('is up')))
  const { http, mqtt } = JSON.parse(up) as { http: number; mqtt: number }
  return { base: `http://127.0.0.1:${http}`, mqtt }
}

function gatewayConfig(mqtt: number): string {
  writeFileSync(join(dir, 'password'), passwordOf(GATEWAY))
  const config = {
    gateway: GATEWAY,
    county: '450324',
    data: join(dir, 'gateway'),
    primaryHost: 'county',
    uplink: { servers: [`mqtt://127.0.0.1:${mqtt}`], passwordFile: join(dir, 'password') },
    drivers: [
      {
        kind: 'simulated',
        scenario: 'quiet-with-pump',
        seed: 1,
        sensors: [{ kind: 'camera-probe', id: PROBE, pictures: true }],
      },
    ],
    spool: { featureCommitMs: 200 },
    log: 'silent',
  }
  writeFileSync(join(dir, 'gateway.json'), JSON.stringify(config))
  return join(dir, 'gateway.json')
}

const auditLines = () => {
  using records = new DatabaseSync(join(dir, 'cloud', 'records.sqlite'), { readOnly: true })
  return records
    .prepare(
      "SELECT actor, action, subject, detail FROM audit WHERE action LIKE 'picture.%' OR action LIKE 'scene.%' ORDER BY sequence",
    )
    .all()
    .map((line) => ({ ...line, detail: JSON.parse(String(line.detail)) }))
}

it('a picture travels from a camera to the person who asked for it, each step on record, and stays nowhere on the way', async () => {
  const { base, mqtt } = await startCloud()
  const stop = new AbortController()
  const running = runGateway(gatewayConfig(mqtt), stop.signal)
  const headers = { 'content-type': 'application/json', origin: base }
  const signedIn = await fetch(`${base}/api/v1/sign-in`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ token: TOKEN }),
  })
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  const get = async (path: string) => await fetch(base + path, { headers: { cookie } })
  const probes = async () => (await get('/api/v1/probes')).json()

  await eventually('the probe is online', async () => (await probes()).counts.all.onlinePercent === 100)
  expect((await probes()).probes).toMatchObject([{ gateway: GATEWAY, sensor: PROBE, status: 'online' }])

  const address = `/api/v1/probes/${GATEWAY}/${PROBE}/pictures`
  const body = JSON.stringify({ reason: REASON })
  expect((await fetch(base + address, { method: 'POST', headers, body })).status).toBe(401)
  const asked = await fetch(base + address, { method: 'POST', headers: { ...headers, cookie }, body })
  expect(asked.status, await asked.clone().text()).toBe(202)
  const { request } = (await asked.json()) as { request: string }
  const image = await eventually('the picture has come', async () => {
    const answer = await get(`/api/v1/pictures/${request}/image`)
    return answer.ok ? answer : null
  })
  expect(Buffer.from(await image.arrayBuffer()).equals(stillPicture())).toBe(true)
  expect(auditLines()).toMatchObject([
    {
      actor: 'officer-1',
      action: 'picture.asked',
      subject: `${GATEWAY}/${PROBE}`,
      detail: { request, reason: REASON, site: 'site-1' },
    },
    { actor: 'officer-1', action: 'picture.viewed', detail: { request } },
  ])

  // Its view was changed on purpose: it is learnt anew, and the sensor tells so.
  const relearn = await fetch(`${base}/api/v1/probes/${GATEWAY}/${PROBE}/relearn`, {
    method: 'POST',
    headers: { ...headers, cookie },
    body,
  })
  expect(relearn.status).toBe(202)
  const { request: relearning } = (await relearn.json()) as { request: string }
  await eventually('the sensor tells that it learns anew', isTold(relearning))
  expect(auditLines().at(-1)).toMatchObject({ action: 'scene.relearn-asked', detail: { request: relearning } })

  // Its gateway ends: nobody knows any more how the probe is.
  stop.abort()
  await running
  await eventually('the probe is unknown', async () => (await probes()).counts.all.byStatus.unknown === 1)
  expect((await probes()).probes).toMatchObject([{ unknownBecause: 'gateway-away', told: { status: 'online' } }])
  const away = await fetch(base + address, { method: 'POST', headers: { ...headers, cookie }, body })
  expect(((await away.json()) as { error: { code: string } }).error.code).toBe('gateway-offline')
  expect(auditLines()).toHaveLength(3)
  // On its way it was in the spool, and nowhere else.
  const others = filesHolding(join(dir, 'gateway'), stillPicture().subarray(0, 200))
  expect(others.filter((name) => !name.startsWith('spool.db'))).toEqual([])
})

/** Whether the journal of the fleet manager has a reading with this request in its reason. */
const isTold = (request: string) => () =>
  filesHolding(join(dir, 'cloud'), Buffer.from(`scene learnt anew by request ${request}`)).some((name) =>
    name.startsWith('journal'),
  )

/** Names of the files in a folder in which these bytes stand. */
function filesHolding(folder: string, bytes: Uint8Array): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .filter((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(Buffer.from(bytes)))
    .map(({ name }) => name)
}
