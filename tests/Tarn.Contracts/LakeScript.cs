using System.Globalization;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Contracts;

/// <summary>A row of the script's plain table.</summary>
public sealed record ScriptLine(string Part, int Step, int Number);

/// <summary>A row of the script's keyed table.</summary>
public sealed record ScriptEntry(string Id, DateTimeOffset Updated, int Step);

/// <summary>What a step of a script does.</summary>
public enum ScriptAction
{
    Append,
    Merge,
    Overwrite,
    Delete,
    Update,
    Optimize,
    Vacuum,
}

/// <summary>
/// Writes to a few tables, drawn from a seed, each of which can be done again and takes effect once: appends, keyed merges, replacements, deletions and
/// updates with deletion vectors and a change feed, packing, vacuum.
/// It also says what rows the tables have after any number of its steps.
/// </summary>
public sealed class LakeScript
{
    /// <summary>The plain table.</summary>
    public const string Lines = "bronze.lines";

    /// <summary>The keyed table; its history is <c>silver.entries_history</c>.</summary>
    public const string Entries = "silver.entries";

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly ScriptAction[] Alone =
    [
        ScriptAction.Append, ScriptAction.Merge, ScriptAction.Append, ScriptAction.Delete, ScriptAction.Optimize, ScriptAction.Update, ScriptAction.Overwrite, ScriptAction.Append,
        ScriptAction.Merge, ScriptAction.Delete, ScriptAction.Vacuum,
    ];

    private static readonly ScriptAction[] AmongOthers = [ScriptAction.Append, ScriptAction.Merge, ScriptAction.Append, ScriptAction.Optimize];

    private static readonly Dictionary<string, string> Properties = new(StringComparer.Ordinal) { ["delta.enableDeletionVectors"] = "true", ["delta.enableChangeDataFeed"] = "true" };

    private readonly List<(ScriptAction Action, int Seed)> _steps = [];
    private readonly int? _writer;

    /// <summary>Draws a script; the first steps are one of each kind.</summary>
    /// <param name="seed">What it is drawn from.</param>
    /// <param name="steps">How many steps it has.</param>
    /// <param name="writer">The number of a writer that is one of several: its rows are its own, and it does nothing to the others'. Null for one that is alone.</param>
    public LakeScript(int seed, int steps, int? writer = null)
    {
        _writer = writer;
        var random = new Random(writer is { } number ? unchecked((seed * 397) ^ number) : seed);
        var actions = writer is null ? Alone : AmongOthers;
        for (var i = 0; i < steps; i++)
        {
            _steps.Add((i < actions.Length ? actions[i] : actions[random.Next(actions.Length)], random.Next()));
        }
    }

    /// <summary>The number of steps.</summary>
    public int Count => _steps.Count;

    /// <summary>Options that make everything happen within a few steps: checkpoints, packing, vacuum of all that is unused.</summary>
    public static LakeOptions Options => new() { CheckpointInterval = 3, OptimizeAbove = 4, MinimumRetention = TimeSpan.Zero };

    /// <summary>What a step does.</summary>
    public ScriptAction this[int step] => _steps[step].Action;

    /// <summary>Does a step, or what is left of it.</summary>
    public async Task RunAsync(Tarn.Lake.Lake lake, int step, CancellationToken cancellationToken)
    {
        var lines = await lake.EnsureTableAsync(new TableDefinition(Lines, RowMapping<ScriptLine>.Instance.Schema) { PartitionBy = ["part"], Properties = Properties }, cancellationToken);
        var options = new WriteOptions { Transactions = [new AppTransaction(FormattableString.Invariant($"script{_writer}"), step + 1)] };
        var (action, seed) = _steps[step];
        switch (action)
        {
            case ScriptAction.Append:
                await lines.AppendAsync(NewLines(step, seed), options, cancellationToken);
                break;
            case ScriptAction.Overwrite:
                await lines.OverwriteAsync(NewLines(step, seed), options, cancellationToken);
                break;
            case ScriptAction.Delete:
                await lines.DeleteAsync(FormattableString.Invariant($"number % 3 = {seed % 3}"), options, cancellationToken);
                break;
            case ScriptAction.Update:
                await lines.UpdateAsync(new Dictionary<string, string> { ["number"] = "number + 1" }, FormattableString.Invariant($"number % 2 = {seed % 2}"), options, cancellationToken);
                break;
            case ScriptAction.Merge:
                await EntriesOf(lake).MergeAsync(NewEntries(step, seed), options.Transactions, cancellationToken);
                break;
            case ScriptAction.Optimize:
                await lines.OptimizeAsync(cancellationToken);
                break;
            case ScriptAction.Vacuum:
                await lines.VacuumAsync(TimeSpan.Zero, dryRun: false, cancellationToken);
                break;
        }
    }

    /// <summary>The rows of the tables, by their folders, after so many steps; a table that is not there yet has none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Expected(int steps)
    {
        var lines = new List<ScriptLine>();
        var entries = new Dictionary<string, ScriptEntry>(StringComparer.Ordinal);
        var versions = new HashSet<ScriptEntry>();
        for (var step = 0; step < steps; step++)
        {
            var (action, seed) = _steps[step];
            switch (action)
            {
                case ScriptAction.Overwrite:
                    lines.Clear();
                    break;
                case ScriptAction.Delete:
                    lines.RemoveAll(l => l.Number % 3 == seed % 3);
                    break;
                case ScriptAction.Update:
                    lines = lines.ConvertAll(l => l.Number % 2 == seed % 2 ? l with { Number = l.Number + 1 } : l);
                    break;
            }

            if (action is ScriptAction.Append or ScriptAction.Overwrite)
            {
                lines.AddRange(NewLines(step, seed));
            }
            else if (action == ScriptAction.Merge)
            {
                foreach (var entry in NewEntries(step, seed))
                {
                    versions.Add(entry);
                    entries[entry.Id] = entries.TryGetValue(entry.Id, out var there) && there.Updated >= entry.Updated ? there : entry;
                }
            }
        }

        return new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        {
            ["bronze/lines"] = Sorted(lines.Select(static l => FormattableString.Invariant($"{l.Part}|{l.Step}|{l.Number}"))),
            ["silver/entries"] = Sorted(entries.Values.Select(Line)),
            ["silver/entries_history"] = Sorted(versions.Select(Line)),
        };
    }

    /// <summary>The rows that a table's folder holds now, read by the second reader, in the form of <see cref="Expected"/>; none where there is no table.</summary>
    public static IReadOnlyList<string> Actual(string root, string folder)
    {
        var table = Path.Combine(root, folder);
        return !Directory.Exists(Path.Combine(table, "_delta_log")) || DeltaTableReader.LatestVersion(table) < 0
            ? []
            : DeltaTableReader.ReadLines(table, folder == "bronze/lines" ? "part, step, number" : "id, epoch_ms(updated), step");
    }

    private static KeyedTable<ScriptEntry> EntriesOf(Tarn.Lake.Lake lake) => new(lake, Entries, static t => t.Key(static e => e.Id).Newest(static e => e.Updated).History(static e => e.Updated));

    private List<ScriptLine> NewLines(int step, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, random.Next(1, 6)).Select(i => new ScriptLine(FormattableString.Invariant($"{(random.Next(3) == 0 ? "a b" : "c")}{_writer}"), step, i))];
    }

    private List<ScriptEntry> NewEntries(int step, int seed)
    {
        // Instants differ from step to step, so that no two versions of a key tie.
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, 6).Where(_ => random.Next(2) == 0).Append(6)
                .Select(key => new ScriptEntry(FormattableString.Invariant($"k{key}{(_writer is null ? "" : "w")}{_writer}"), Start.AddMinutes(random.Next(100)).AddSeconds(step), step)),
        ];
    }

    private static string Line(ScriptEntry entry) => string.Create(CultureInfo.InvariantCulture, $"{entry.Id}|{entry.Updated.ToUnixTimeMilliseconds()}|{entry.Step}");

    private static List<string> Sorted(IEnumerable<string> lines) => [.. lines.Order(StringComparer.Ordinal)];
}
