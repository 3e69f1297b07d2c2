/** Against an implementation of SIP that is not ours: Debian's sip-tester. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requires } from '../../support/requires.ts'
import { cameraId, PASSWORD, PLATFORM, REALM, Stage } from './stage.ts'

const scenario = (name: string) => new URL(`scenarios/${name}.xml`, import.meta.url).pathname

interface Call {
  readonly port: number
  readonly name: string
  readonly transport: 'UDP' | 'TCP'
  readonly ids: readonly string[]
  readonly password: string
}

/** One call for each id; the exit code and what was said. */
async function sipp({ port, name, transport, ids, password }: Call): Promise<{ code: number | null; said: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sipp-'))
  const lines = ids.map((id) => `${id};[authentication username=${id} password=${password}];${PLATFORM};${REALM}`)
  await writeFile(join(folder, 'cameras.csv'), ['SEQUENTIAL', ...lines, ''].join('\n'))
  const mode = transport === 'UDP' ? 'u1' : 't1'
  const child = spawn(
    'sipp',
    [`127.0.0.1:${port}`, '-sf', scenario(name), '-inf', 'cameras.csv', '-t', mode, '-m', String(ids.length)].concat([
      '-i',
      '127.0.0.1',
      '-r',
      '20',
      '-nostdin',
      // Asked again because a busy machine was slow, it would take the second answer for one too many.
      '-nr',
      '-timeout',
      '15s',
      '-timeout_error',
      '-default_behaviors',
      '-abortunexp,-bye',
      '-trace_err',
    ]),
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said = (said + bytes).slice(-4_000)))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  await rm(folder, { recursive: true, force: true })
  return { code, said }
}

describe.runIf(requires('sipp'))('sip-tester', () => {
  it.each(['UDP', 'TCP'] as const)('registers, keeps alive and says goodbye over %s', async (transport) => {
    const ids = [cameraId(1), cameraId(2), cameraId(3)]
    // What they are asked meanwhile they leave unanswered, as many a camera does.
    await using stage = await new Stage().open(
      ids.map((id, i) => ({ id, probes: [{ id: `cam-${i + 1}` }] })),
      { statusS: 86_400, keepaliveS: 5 },
    )
    const { code, said } = await sipp({ port: stage.port, name: 'session', transport, ids, password: PASSWORD })
    expect(code, said).toBe(0)
    for (const i of [1, 2, 3]) {
      const told = stage.probes(`cam-${i}`).map(({ status, cause }) => `${status} ${cause}`)
      expect(told).toEqual(['online null', 'offline unregistered'])
    }
    expect(stage.platform.counts).toMatchObject({ wrongPasswords: 0, malformed: 0, badBodies: 0, replays: 0 })
  })

  it('is refused with a wrong password', async () => {
    await using stage = await new Stage().open([{ id: cameraId(1), probes: [{ id: 'cam-1' }] }])
    const call = {
      port: stage.port,
      name: 'wrong-password',
      transport: 'UDP',
      ids: [cameraId(1)],
      password: 'no',
    } as const
    const { code, said } = await sipp(call)
    expect(code, said).toBe(0)
    expect(stage.platform.counts.wrongPasswords).toBe(1)
    expect(stage.last('cam-1')).toBeUndefined()
  })
})
