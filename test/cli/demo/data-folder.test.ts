import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDataFolder } from '@minewarden/cli/demo/data-folder.ts'
import { afterAll, describe, expect, it } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'minewarden-data-folder-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe("the demo's data folder", () => {
  it('is a temporary one that goes at the end, and stays when its logs tell of a failure', () => {
    const data = openDataFolder(undefined)
    expect(existsSync(join(data.path, 'logs'))).toBe(true)
    data[Symbol.dispose]()
    expect(existsSync(data.path)).toBe(false)

    const failed = openDataFolder(undefined)
    failed.keep()
    failed[Symbol.dispose]()
    expect(existsSync(failed.path)).toBe(true)
    rmSync(failed.path, { recursive: true })
  })

  it('stays when it was asked for, and the next demo says that it goes on from it', () => {
    const path = join(root, 'kept')
    for (const resumed of [false, true]) {
      using data = openDataFolder(path)
      expect(data.resumed).toBe(resumed)
    }
    expect(existsSync(path)).toBe(true)
  })

  it('belongs to one demo at a time, and to the next one when that has died', () => {
    const path = join(root, 'shared')
    using _first = openDataFolder(path)
    writeFileSync(join(path, 'demo.pid'), String(process.ppid))
    expect(() => openDataFolder(path)).toThrow(`another demo runs on it (process ${process.ppid})`)
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    writeFileSync(join(path, 'demo.pid'), String(dead))
    using second = openDataFolder(path)
    expect(second.resumed).toBe(true)
  })

  it('that cannot be made is named, with its option', () => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    expect(() => openDataFolder(file)).toThrow(expect.objectContaining({ code: 'data-unusable' }))
    expect(() => openDataFolder(file)).toThrow(`--data ${file}: `)
  })
})
