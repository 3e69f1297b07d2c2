import { parseConfig, spoolQuotaBytes } from '@minewarden/edge/config.ts'
import { EdgeError } from '@minewarden/edge/errors.ts'
import { describe, expect, it } from 'vitest'

const GOOD = {
  gateway: 'gw-1',
  county: '450324',
  data: '/var/lib/minewarden',
  uplink: { servers: ['mqtts://broker.example:8883'] },
  drivers: [{ kind: 'recording', dir: '/recordings/one' }],
}
const problemsOf = (raw: unknown): string => {
  try {
    parseConfig(raw)
  } catch (error) {
    expect(error).toBeInstanceOf(EdgeError)
    expect((error as EdgeError).code).toBe('config-invalid')
    return (error as EdgeError).message
  }
  throw new Error('the configuration was taken')
}

describe("the gateway's configuration", () => {
  it('fills in what is left out', () => {
    const config = parseConfig(GOOD)
    expect(config.primaryHost).toBe('minewarden')
    expect(config.uplink.keepaliveS).toBe(30)
    expect(config.spool).toEqual({ quotaMiB: null, featureCommitMs: 5_000 })
    expect(config.drivers[0]).toMatchObject({ kind: 'recording', speed: 1, shiftToNow: true })
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('says when two drivers have one port, and what to do', () => {
    const port = '/dev/ttyUSB0'
    const common = { measuresAt: 'line', relayKind: 'none' }
    const bus = (id: string) => ({
      kind: 'meter-bus',
      ports: [port],
      meters: [{ id, protocol: 'dlt645', address: '112233445566', ...common }],
    })
    const modbus = {
      kind: 'modbus',
      transport: { kind: 'rtu', ports: [port] },
      meters: [{ id: 'm-2', unit: 1, profile: 'sdm630' }],
    }
    const shared = problemsOf({ ...GOOD, drivers: [bus('m-1'), modbus] })
    expect(shared).toContain('drivers.1.ports: /dev/ttyUSB0')
    expect(shared).toContain('meters of DL/T and of Modbus need an RS-485 converter each')
    expect(problemsOf({ ...GOOD, drivers: [bus('m-1'), bus('m-3')] })).toContain('one entry holds all')
    // Whoever searches finds out by itself.
    const either = { ...bus('m-1'), ports: [port, '/dev/ttyUSB1'] }
    expect(parseConfig({ ...GOOD, drivers: [either, { ...modbus }] }).drivers).toHaveLength(2)
  })

  it('names every field that is wrong, in one error', () => {
    const message = problemsOf({
      ...GOOD,
      gateway: 'gw 1',
      county: '45',
      uplink: { servers: [], keepaliveS: 1 },
      drivers: [{ kind: 'telepathy' }],
      colour: 'red',
    })
    for (const field of ['gateway', 'county', 'uplink.servers', 'uplink.keepaliveS', 'drivers.0.kind', 'colour']) {
      expect(message).toContain(field)
    }
  })

  it.each([
    ['http://broker.example', 'not an MQTT URL'],
    ['mqtt://', 'no host'],
    ['mqtt://user:secret@broker.example', 'a password in a URL'],
  ])('refuses the server %s (%s)', (server) => {
    expect(problemsOf({ ...GOOD, uplink: { servers: [server] } })).toContain('uplink.servers.0')
  })

  it('never repeats a password that stands in a URL', () => {
    expect(problemsOf({ ...GOOD, uplink: { servers: ['mqtt://user:secret@broker.example'] } })).not.toContain('secret')
  })

  it('refuses a certificate without its key', () => {
    const tls = { certFile: '/etc/gw.pem' }
    expect(problemsOf({ ...GOOD, uplink: { ...GOOD.uplink, tls } })).toContain('certFile and keyFile')
  })

  it.each([null, 7, 'text', [], {}])('refuses %j', (raw) => {
    expect(problemsOf(raw)).toContain('configuration')
  })
})

describe('the quota of the spool', () => {
  it('is what is configured, else what 72 hours of these sensors take', () => {
    const config = parseConfig(GOOD)
    const few = spoolQuotaBytes(config, ['camera-probe'])
    const many = spoolQuotaBytes(config, ['geophone', 'geophone', 'power-meter'])
    expect(many).toBeGreaterThan(few + 2 * 72 * 3600 * 100)
    expect(spoolQuotaBytes(parseConfig({ ...GOOD, spool: { quotaMiB: 3 } }), ['geophone'])).toBe(3 * 1_048_576)
  })
})
