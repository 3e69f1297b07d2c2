import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttpExchange } from '@minewarden/hardware/onvif/http-exchange.ts'
import { openOnvifDrivers } from '@minewarden/hardware/onvif/open-drivers.ts'
import { OnvifOptions } from '@minewarden/hardware/onvif/options.ts'
import { believe } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { requires } from '../../support/requires.ts'
import { clock } from './stage.ts'

describe.runIf(requires('openssl'))('a camera by https', () => {
  it('is believed as it comes without an authority, and must show its certificate with one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'onvif-tls-'))
    const pem = async (name: string, host: string) => {
      const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
      const more = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=IP:${host}`, '-days', '2', '-nodes']
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', key, '-out', cert, ...more], {
        stdio: 'ignore',
      })
      return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
    }
    const [own, other] = [await pem('own', '127.0.0.1'), await pem('other', '127.0.0.1')]
    const server = createServer(own, (_request, response) => response.end('hello')).listen(0, '127.0.0.1')
    try {
      await once(server, 'listening')
      const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      const question = { method: 'GET', url, headers: {}, limitMs: 5_000, limitBytes: 1_000 } as const
      const ask = (ca: string | null) => createHttpExchange(clock, ca)(question, new AbortController().signal)
      expect(new TextDecoder().decode((await ask(null)).body)).toBe('hello')
      expect((await ask(own.cert)).status).toBe(200)
      await expect(ask(other.cert)).rejects.toMatchObject({ code: 'camera-garbled' })
    } finally {
      server.close()
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('files of cameras', () => {
  it('that cannot be read are named, and nothing of them is told', async () => {
    const config = OnvifOptions.parse({
      kind: 'onvif',
      user: 'u',
      passwordFile: '/nowhere/password',
      cameras: [{ id: 'cam', url: 'http://192.0.2.1' }],
    })
    const deps = { clock: believe(clock, 'ntp'), random: Math.random }
    await expect(openOnvifDrivers(config, deps)).rejects.toMatchObject({
      code: 'secret-unreadable',
      message: 'password of cam: /nowhere/password: ENOENT',
    })
  })
})
