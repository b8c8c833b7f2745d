import './studio.css';
import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { paths, useView } from '../../app/navigation';
import { useMay } from '../../app/session';
import { colours } from './colours';
import { PageLink } from '../../parts/PageLink';
import { StartDialog } from '../../parts/StartDialog';
import { ApiError } from '../../api/client';
import type { Diagnostic } from '../../api/model';
import { at, read } from '../../studio/document';
import { add, remove, type Result, type Where, wrap } from '../../studio/operations';
import { fragmentOf, type Piece } from '../../studio/pieces';
import { Refusal } from '../../studio/rename';
import { machineLanguage, placeAt, placesIn } from '../../studio/states';
import { Canvas } from './canvas/Canvas';
import { CodePane, type Format } from './CodePane';
import type { Loaded } from './config';
import { type Studio, StudioContext } from './context';
import { type Draft, dropDraft, keepDraft } from './draft';
import { exportAs } from './exports';
import { Inspector } from './inspector/Inspector';
import { Palette } from './Palette';
import { Picker } from './Picker';
import { usePins } from './pins';
import { Problems } from './Problems';
import { PublishDialog } from './PublishDialog';
import { remember } from './recent';
import { SaveDialog } from './SaveDialog';
import { useDiagnostics, useLayout } from './server';
import { Settings } from './Settings';
import { type Show, Toolbar } from './Toolbar';
import { useMarks, useWorkflow } from './useWorkflow';
import { useSaving } from './useSaving';
import { WrapDialog } from './WrapDialog';

interface Props {
  arn: string;
  loaded: Loaded;
  draft: Draft | undefined;
}

// StudioPage edits one workflow.
export function StudioPage({ arn, loaded, draft }: Props) {
  const [view, setView] = useView();
  const readonly = !useMay('editor');
  const [saved, setSaved] = useState(loaded.definition);
  const [config, setConfig] = useState(loaded.config);
  const [savedConfig, setSavedConfig] = useState(loaded.config);
  const [picking, setPicking] = useState<Where>();
  const [wrapping, setWrapping] = useState(false);
  const [running, setRunning] = useState(view.run === '1' ? arn : '');
  const [pins, pin] = usePins(arn);
  const [renames, setRenames] = useState(0);
  const [palette, setPalette] = useState(() => window.innerWidth >= 1100 && !readonly);
  const [notes, setNotes] = useState<FlashbarProps.MessageDefinition[]>([]);
  const latest = useRef<(offset: number) => void>(() => undefined);
  const { workflow, tree } = useWorkflow(draft?.text ?? loaded.definition, (offset) => latest.current(offset));
  const { layout, stale } = useLayout(tree);
  const { diagnostics, fresh } = useDiagnostics(tree, config.type);
  useMarks(workflow, diagnostics, fresh);

  const tell = useCallback((content: string, error?: unknown) => {
    const id = String(Math.random());
    const dismiss = () => setNotes((old) => old.filter((n) => n.id !== id));
    setNotes((old) => [...old.slice(-2), { id, content, type: error ? 'error' : 'success', dismissible: true, onDismiss: dismiss, dismissLabel: 'Dismiss' }]);
    if (!error) setTimeout(dismiss, 4000);
  }, []);
  const fail = useCallback((e: unknown) => tell(e instanceof ApiError ? `${e.code}: ${e.message}` : e instanceof Error ? e.message : String(e), e), [tell]);

  const show = (view.view ?? (window.innerWidth >= 1300 ? 'both' : 'canvas')) as Show;
  const format = (view.format ?? 'json') as Format;
  const place = useMemo(() => (view.state ? placeAt(tree, view.state) : undefined), [tree, view.state]);
  const select = useCallback((pointer: string) => setView({ state: pointer || undefined }), [setView]);
  const reveal = useCallback(
    (pointer: string) => {
      const now = read(workflow.text());
      const p = placeAt(now, pointer);
      const node = p && at(now, p.path)?.parent;
      if (node) workflow.reveal(node.offset, node.offset);
    },
    [workflow],
  );
  useEffect(() => {
    latest.current = (offset) => {
      const found = innermost(tree, offset);
      if (found && found !== place?.pointer) select(found);
    };
  });

  const run = useCallback(
    (operation: (text: string) => Result | string) => {
      if (readonly) return;
      try {
        const r = operation(workflow.text());
        workflow.apply(typeof r === 'string' ? r : r.text);
        if (typeof r !== 'string') select(r.select);
      } catch (e) {
        if (e instanceof Refusal) tell(e.message, e);
        else throw e;
      }
    },
    [workflow, select, tell, readonly],
  );
  const insert = useCallback(
    (id: string, title: string, where: Where) => {
      const language = machineLanguage(read(workflow.text()));
      const piece = fragmentOf(id, title, language);
      if (piece) run((text) => add(text, where, piece));
    },
    [workflow, run],
  );
  const go = useCallback(
    (d: Diagnostic) => {
      const p = placeAt(tree, d.pointer);
      if (p) select(p.pointer);
      if (show === 'canvas') setView({ view: 'both', state: p?.pointer });
      setTimeout(() => {
        workflow.reveal(d.start, d.end);
        workflow.focus();
      }, 50);
    },
    [tree, select, show, setView, workflow],
  );
  const studio: Studio = useMemo(
    () => ({
      workflow,
      tree,
      text: tree.text,
      arn,
      language: machineLanguage(tree),
      place,
      select: (pointer: string) => {
        select(pointer);
        if (pointer) reveal(pointer);
      },
      run,
      insert,
      pick: setPicking,
      layout,
      stale,
      diagnostics,
      go,
      readonly,
      config,
      pins,
      pin,
    }),
    [workflow, tree, arn, place, select, reveal, run, insert, layout, stale, diagnostics, go, readonly, config, pins, pin],
  );

  const changed = tree.text !== saved || JSON.stringify(config) !== JSON.stringify(savedConfig);
  useEffect(() => {
    if (tree.text === saved) return;
    const timer = setTimeout(() => keepDraft(arn, { text: tree.text, base: saved, at: Date.now() }), 300);
    return () => clearTimeout(timer);
  }, [arn, tree.text, saved]);
  const saving = useSaving({
    arn,
    workflow,
    revision: loaded.revision,
    before: savedConfig,
    tell,
    onRun: setRunning,
    onSaved: (text, c) => {
      setSaved(text);
      setSavedConfig(c);
      setConfig(c);
    },
  });
  const save = () => (arn ? void saving.save(config, 'stay').catch(fail) : saving.ask('stay'));
  const saveAndRun = () => (arn ? void saving.save(config, 'run').catch(fail) : saving.ask('run'));
  useKeys(workflow, save, saveAndRun);
  const restored = draft !== undefined && draft.text !== loaded.definition;
  useEffect(() => {
    if (!restored) return;
    const discard = () => {
      workflow.apply(loaded.definition);
      dropDraft(arn);
      setNotes((old) => old.filter((n) => n.id !== 'draft'));
    };
    const other = draft.base !== loaded.definition ? ' The machine was changed by somebody since then.' : '';
    setNotes([
      {
        id: 'draft',
        type: 'info',
        content: `What you had not saved on ${new Date(draft.at).toLocaleString()} was restored.${other}`,
        buttonText: 'Discard it',
        onButtonClick: discard,
        dismissible: true,
        dismissLabel: 'Dismiss',
        onDismiss: () => setNotes((old) => old.filter((n) => n.id !== 'draft')),
      },
    ]);
    // It is told once.
  }, [restored, workflow, arn]);

  const title = config.name || 'New workflow';
  useEffect(() => {
    document.title = `${title} – Studio – Statelark`;
  }, [title]);
  const onPick = (p: Piece) => {
    remember(p);
    setPicking(undefined);
    if (picking) insert(p.id, p.title, picking);
    focusCanvas();
  };
  return (
    <StudioContext.Provider value={studio}>
      <div className="studio" style={colours}>
        <Toolbar
          title={title}
          back={arn ? <PageLink to={paths.machine(arn)}>State machine</PageLink> : <PageLink to={paths.machines}>State machines</PageLink>}
          show={show}
          onShow={(s) => setView({ view: s })}
          changed={changed}
          saving={saving.busy}
          palette={palette}
          onPalette={() => setPalette(!palette)}
          onSettings={() => select('')}
          onSave={save}
          onPublish={() => saving.ask('publish')}
          onRun={saveAndRun}
          onExport={(id) => void exportAs(id, tree.text, config).catch(fail)}
        />
        {notes.length > 0 && (
          <div className="notes">
            <Flashbar items={notes} />
          </div>
        )}
        <div className="panes">
          {palette && <Palette />}
          <main className="middle" aria-label="Workflow">
            <div className={`views views-${show}`}>
              {show !== 'code' && <Canvas rename={() => setRenames((n) => n + 1)} wrap={() => setWrapping(true)} cut={() => place && run((text) => remove(text, place))} />}
              {show !== 'canvas' && <CodePane format={format} onFormat={(f) => setView({ format: f === 'json' ? undefined : f })} />}
            </div>
            <Problems />
          </main>
          <aside className="inspector" aria-label={place ? 'State' : 'Settings'}>
            {place ? <Inspector place={place} focusName={renames} /> : <Settings config={config} onChange={setConfig} />}
          </aside>
        </div>
        {picking && <Picker title={titleOf(picking)} onPick={onPick} onClose={() => (setPicking(undefined), focusCanvas())} />}
        {wrapping && place && <WrapDialog name={place.name} onWrap={(type) => run((text) => wrap(text, place, type))} onClose={() => (setWrapping(false), focusCanvas())} />}
        {saving.asking && !arn && <SaveDialog config={config} onSave={(c) => saving.save(c, saving.asking!)} onClose={saving.close} />}
        {saving.asking === 'publish' && arn && <PublishDialog onPublish={(description) => saving.save(config, 'publish', description)} onClose={saving.close} />}
        {running && (
          <StartDialog
            machine={running}
            onClose={() => {
              setRunning('');
              setView({ run: undefined });
            }}
          />
        )}
      </div>
    </StudioContext.Provider>
  );
}

function titleOf(where: Where): string {
  if ('after' in where) return `Insert after “${where.after.name}”`;
  if ('before' in where) return `Insert before “${where.before.name}”`;
  return 'Insert a state';
}

// innermost returns the pointer of the state that a place of the text is in.
function innermost(tree: Studio['tree'], offset: number): string | undefined {
  let found: string | undefined;
  for (const p of placesIn(tree)) {
    const node = at(tree, p.path)?.parent;
    if (node && node.offset <= offset && offset <= node.offset + node.length) found = p.pointer;
  }
  return found;
}

// focusCanvas gives the canvas the focus back once a dialog has gone.
function focusCanvas(): void {
  setTimeout(() => {
    const canvas = document.querySelector<HTMLElement>('.canvas');
    (canvas?.querySelector<HTMLElement>('[data-pointer][tabindex="0"]') ?? canvas)?.focus({ preventScroll: true });
  }, 80);
}

function useKeys(workflow: Studio['workflow'], save: () => void, saveAndRun: () => void): void {
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (!(e.ctrlKey || e.metaKey) || e.altKey || e.defaultPrevented) return;
      const key = e.key.toLowerCase();
      const target = e.target as HTMLElement;
      if (target.closest('[role=dialog]')) return;
      if (key === 's') save();
      else if (key === 'enter') saveAndRun();
      else if (target.closest('input, textarea, [contenteditable=true]')) return;
      else if (key === 'z' && !e.shiftKey) workflow.undo();
      else if (key === 'y' || (key === 'z' && e.shiftKey)) workflow.redo();
      else return;
      e.preventDefault();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  });
}
