/**
 * A .vsix, which Visual Studio Code installs: a zip (an Open Packaging Conventions package) with the extension's files below `extension/`,
 * a list of content types, and a manifest that says again what package.json says. The same files give the same bytes.
 */
import { strToU8, zipSync } from 'fflate';

/** What of package.json stands in the manifest too. */
interface ExtensionPackage {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly version: string;
  readonly publisher: string;
  readonly engines: { readonly vscode: string };
  readonly categories: readonly string[];
  readonly keywords: readonly string[];
}

/** Zips have no dates before. */
const MODIFIED = new Date(1980, 0, 1);

const CONTENT_TYPES = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".json" ContentType="application/json"/>
  <Default Extension=".js" ContentType="application/javascript"/>
  <Default Extension=".md" ContentType="text/markdown"/>
  <Default Extension=".txt" ContentType="text/plain"/>
  <Default Extension=".vsixmanifest" ContentType="text/xml"/>
</Types>
`;

/** @param files the extension's, by their paths; one of them is package.json */
export function vsixOf(files: ReadonlyMap<string, string>): Uint8Array {
  const about = JSON.parse(files.get('package.json') ?? '{}') as ExtensionPackage;
  const entries = new Map([
    ['extension.vsixmanifest', manifestOf(about)],
    ['[Content_Types].xml', CONTENT_TYPES],
    ...[...files].map(([path, text]): [string, string] => [`extension/${path}`, text]),
  ]);
  return zipSync(Object.fromEntries([...entries].map(([path, text]) => [path, strToU8(text)])), { level: 9, mtime: MODIFIED });
}

/** Its name, as the tools of Visual Studio Code name it. */
export function vsixName(files: ReadonlyMap<string, string>): string {
  const { name, version } = JSON.parse(files.get('package.json') ?? '{}') as ExtensionPackage;
  return `${name}-${version}.vsix`;
}

function manifestOf(about: ExtensionPackage): string {
  const said = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"
  xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">
  <Metadata>
    <Identity Language="en-US" Id="${said(about.name)}" Version="${said(about.version)}" Publisher="${said(about.publisher)}"/>
    <DisplayName>${said(about.displayName)}</DisplayName>
    <Description xml:space="preserve">${said(about.description)}</Description>
    <Tags>${said(about.keywords.join(','))}</Tags>
    <Categories>${said(about.categories.join(','))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${said(about.engines.vscode)}"/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
    </Properties>
    <License>extension/LICENSE.txt</License>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
`;
}
