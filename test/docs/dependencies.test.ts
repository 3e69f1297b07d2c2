import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')
const page = read('docs/dependencies.md')

/** Packages of others that the manifests name. */
function declared(): string[] {
  const groups = globSync(['package.json', '*/package.json'], { cwd: ROOT }).flatMap((path) => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(path)) as Record<string, object>
    return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  })
  // Types of packages that bring none come and go with the package.
  return [...new Set(groups)].filter((name) => !/^@(minewarden|types)\//.test(name)).sort()
}

/** Packages that the tables give a reason for. */
function explained(): string[] {
  const cells = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|')[1] ?? '')
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)).sort()
}

describe('the page on dependencies', () => {
  it('gives a reason for each package that is there, and for none that is not', () => {
    expect(explained()).toEqual(declared())
  })

  it('names each Debian package that the checks install', () => {
    const installed = /packages=\(([^)]*)\)/.exec(read('.ci/run'))?.[1]?.split(/\s+/).filter(Boolean) ?? []
    expect(installed.length).toBeGreaterThan(5)
    expect(installed.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })
})
