import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openRecording } from '../../../hardware/recording/recording.ts'
import { at, type Description, MINUTE, START, withFolder } from './temporary-recording.ts'

const unreadable = (words: string) =>
  expect.objectContaining({ code: 'recording-unreadable', message: expect.stringContaining(words) })

const site = (file: Description) => file.sites[0]!
const gateway = (file: Description) => site(file).gateways[0]!
const sensor = (file: Description, i: number) => gateway(file).sensors[i]!

describe('openRecording', () => {
  it('gives the sites as the fleet manager registers them, the gateways and the sensors', async () => {
    await withFolder({}, async (dir) => {
      const recording = await openRecording(dir)
      expect(recording).toMatchObject({ name: 'night-shift', startAt: START, endAt: START + 10 * MINUTE })
      expect(recording.sites).toEqual([
        {
          id: '450324-0007',
          name: 'Dongshan No. 2 adit',
          county: '450324',
          latitude: 25.93,
          longitude: 111.07,
          closedOn: '2023-04-11',
          area: 'key',
          expectedLoads: [{ name: 'drainage pump', ratedW: 7500 }],
          permits: [{ reason: 'drainage maintenance', from: START, to: START + MINUTE }],
          sensors: ['geo-1 geophone', 'air-1 air-pressure', 'meter-1 power-meter', 'probe-1 camera-probe'].map(
            (line) => {
              const [id, kind] = line.split(' ')
              return { gateway: 'gw-450324-0007-1', id, kind }
            },
          ),
          supplyPoints: [],
        },
      ])
      expect(recording.gateways).toMatchObject([{ id: 'gw-450324-0007-1', site: '450324-0007', county: '450324' }])
      expect(recording.sensors.map(({ id, channels }) => [id, channels.map(({ code }) => code).join()])).toEqual([
        ['geo-1', 'HHZ'],
        ['air-1', 'HDF'],
        ['meter-1', ''],
        ['probe-1', ''],
      ])
    })
  })

  it('takes expected loads and permits that are absent as none, and a site without sensors', async () => {
    const change = (file: Description) => {
      const { expectedLoads: _, permits: __, ...rest } = site(file)
      return { ...file, sites: [{ ...rest, gateways: [] }] }
    }
    const read = async (dir: string) => (await openRecording(dir)).sites[0]
    expect(await withFolder({}, read, change)).toMatchObject({ expectedLoads: [], permits: [], sensors: [] })
  })

  const WRONG: readonly [string, (file: Description) => unknown, string][] = [
    [
      'an unknown field',
      (file) => ({ ...file, labels: [] }),
      'recording.json: (whole file): Unrecognized key: "labels"',
    ],
    [
      'an unknown field of a sensor',
      (file) => Object.assign(sensor(file, 2), { gain: 1 }) && file,
      'sensors.2: Unrecognized key: "gain"',
    ],
    ['another format', (file) => ({ ...file, format: 'minewarden-recording/2' }), 'format: '],
    ['a start that is no time', (file) => ({ ...file, start: 'yesterday' }), 'start: not an ISO 8601 time'],
    ['a start without offset', (file) => ({ ...file, start: '2026-03-01T14:00:00' }), 'start: not an ISO 8601 time'],
    ['an end before the start', (file) => ({ ...file, end: at(-1) }), 'end: not after start'],
    ['a latitude as text', (file) => Object.assign(site(file), { latitude: '25.9' }) && file, 'sites.0.latitude: '],
    ['an area of neither sort', (file) => Object.assign(site(file), { area: 'keys' }) && file, 'sites.0.area: '],
    ['a county of five digits', (file) => Object.assign(site(file), { county: '45032' }) && file, 'sites.0.county: '],
    [
      'a load without power',
      (file) => Object.assign(site(file), { expectedLoads: [{ name: 'pump' }] }) && file,
      'sites.0.expectedLoads.0.ratedW: ',
    ],
    [
      'a permit that ends before it begins',
      (file) => Object.assign(site(file).permits[0]!, { to: at(-1) }) && file,
      'sites.0.permits.0.to: ',
    ],
    [
      'a sensor of unknown kind',
      (file) => Object.assign(sensor(file, 0), { kind: 'radar' }) && file,
      'sensors.0.kind: ',
    ],
    [
      'a geophone without channels',
      (file) => Object.assign(sensor(file, 0), { channels: {} }) && file,
      'sensors.0.channels: at least one',
    ],
    [
      'a geophone in pascals',
      (file) => Object.assign(sensor(file, 0), { channels: { HHZ: { countsPerUnit: 1, unit: 'Pa' } } }) && file,
      'channels.HHZ.unit: ',
    ],
    [
      'no counts for a unit',
      (file) => Object.assign(sensor(file, 0), { channels: { HHZ: { countsPerUnit: 0, unit: 'm/s' } } }) && file,
      'channels.HHZ.countsPerUnit: ',
    ],
    [
      'channels of a meter',
      (file) => Object.assign(sensor(file, 2), { channels: {} }) && file,
      'Unrecognized key: "channels"',
    ],
    [
      'a file in another folder',
      (file) => Object.assign(sensor(file, 0), { file: '../secret' }) && file,
      'sensors.0.file: ',
    ],
    [
      'a sensor twice',
      (file) => Object.assign(sensor(file, 1), { id: 'geo-1' }) && file,
      'sensors.1.id: sensor geo-1 stands here twice',
    ],
    [
      'a gateway at two sites',
      (file) => ({ ...file, sites: [site(file), { ...site(file), id: '450324-0008' }] }),
      'sites.1.gateways.0.id: gateway',
    ],
    [
      'a site twice',
      (file) => ({ ...file, sites: [site(file), { ...site(file), gateways: [] }] }),
      'sites.1.id: site 450324-0007',
    ],
  ]
  it.each(WRONG)('refuses %s and names file and field', async (_, change, words) => {
    await expect(withFolder({}, openRecording, change)).rejects.toThrow(unreadable(words))
    await expect(withFolder({}, openRecording, change)).rejects.toThrow(unreadable('recording.json: '))
  })

  it('refuses a folder that is not there, has no description, or one that is not JSON', async () => {
    await expect(openRecording('/nowhere/at/all')).rejects.toThrow(unreadable('/nowhere/at/all/recording.json: ENOENT'))
    const cut = async (dir: string) => {
      await writeFile(join(dir, 'recording.json'), '{"format": ')
      return openRecording(dir)
    }
    await expect(withFolder({}, cut)).rejects.toThrow(unreadable('recording.json: '))
    const without = (dir: string) => rm(join(dir, 'recording.json')).then(() => openRecording(dir))
    await expect(withFolder({}, without)).rejects.toThrow(unreadable('recording.json: ENOENT'))
  })

  it.each(['geo-1.mseed', 'meter-1.csv', 'probe-1.csv'])('refuses a recording whose %s is missing', async (name) => {
    const without = (dir: string) => rm(join(dir, name)).then(() => openRecording(dir))
    await expect(withFolder({}, without)).rejects.toThrow(unreadable(`${name}: ENOENT`))
  })

  it('refuses a waveform file without one record, and takes an empty one as a silent sensor', async () => {
    const text = 'not a waveform\n'.repeat(100)
    await expect(withFolder({ 'geo-1.mseed': text }, openRecording)).rejects.toThrow(
      unreadable('geo-1.mseed: no miniSEED'),
    )
    await withFolder({ 'geo-1.mseed': '' }, async (dir) => expect((await openRecording(dir)).sensors).toHaveLength(4))
  })

  it('refuses a table with another header', async () => {
    const power = { 'meter-1.csv': 'time,activePowerW\n' }
    await expect(withFolder(power, openRecording)).rejects.toThrow(
      unreadable('meter-1.csv: header: expected "time,activePowerW,rea'),
    )
    await expect(withFolder({ 'probe-1.csv': '' }, openRecording)).rejects.toThrow(unreadable('probe-1.csv: header: '))
  })
})
