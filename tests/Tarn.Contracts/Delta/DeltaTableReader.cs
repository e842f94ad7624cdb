using System.Globalization;

namespace Tarn.Contracts;

/// <summary>
/// A second way to read a Delta table in a local folder, of its own from the log to the rows: own replay, own deletion vectors, own column mapping.
/// It uses no code of the lake's; DuckDB only turns Parquet's bytes into columns.
/// </summary>
public static class DeltaTableReader
{
    /// <summary>The rows at a version, default the latest, each as a text, in order of the texts: equal lists are equal tables.</summary>
    /// <param name="folder">The table's folder.</param>
    /// <param name="version">The version; null for the latest.</param>
    /// <param name="from">A version with a checkpoint to begin at, which without it is left to the commits.</param>
    /// <exception cref="FormatException">The log, a checkpoint or a deletion vector cannot be read.</exception>
    public static IReadOnlyList<string> ReadRows(string folder, long? version = null, long? from = null)
    {
        using var files = new DeltaFiles(folder);
        var state = Replay(folder, version, files, from);
        var rows = new List<string>();
        foreach (var file in state.Files.Values)
        {
            rows.AddRange(files.Query(DeltaFiles.Texts(files.Rows(file, state.Metadata!), state.Metadata!)).Select(static r => (string)r[0]!));
        }

        rows.Sort(StringComparer.Ordinal);
        return rows;
    }

    /// <summary>Some columns, or expressions over them, of each row as a line: texts divided by a bar, null empty; in order of the lines.</summary>
    public static IReadOnlyList<string> ReadLines(string folder, string expressions, long? version = null)
    {
        using var files = new DeltaFiles(folder);
        var state = Replay(folder, version, files);
        var lines = new List<string>();
        foreach (var file in state.Files.Values)
        {
            lines.AddRange(files.Query($"SELECT {expressions} FROM ({files.Rows(file, state.Metadata!)})")
                .Select(static row => string.Join('|', row.Select(static cell => Convert.ToString(cell, CultureInfo.InvariantCulture)))));
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    /// <summary>The rows of plain Parquet files, whose columns are those of a table, in the form of <see cref="ReadRows"/>.</summary>
    public static IReadOnlyList<string> ReadPlainRows(string folder, IEnumerable<string> parquetFiles)
    {
        using var files = new DeltaFiles(folder);
        var metadata = Replay(folder, null, files).Metadata!;
        var columns = string.Join(", ", metadata.Schema.Fields.Select(static f => $"CAST({DeltaSql.Quote(f.Name)} AS {f.Type.Sql}) AS {DeltaSql.Quote(f.Name)}"));
        var list = string.Join(", ", parquetFiles.Select(f => DeltaSql.Text(files.Readable(f))));
        var rows = files.Query(DeltaFiles.Texts($"SELECT {columns} FROM read_parquet([{list}], hive_partitioning = false)", metadata)).Select(static r => (string)r[0]!).ToList();
        rows.Sort(StringComparer.Ordinal);
        return rows;
    }

    /// <summary>The paths, relative to the table, of every file that the table at a version needs: data and deletion vectors.</summary>
    public static IReadOnlySet<string> FilesOf(string folder, long? version = null)
    {
        using var files = new DeltaFiles(folder);
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Replay(folder, version, files).Files.Values)
        {
            paths.Add(file.File.Path);
            if (file.DeletionVector is { } vector && DeltaDeletionVector.FileOf(folder, vector) is { } path)
            {
                paths.Add(Path.GetRelativePath(folder, path));
            }
        }

        return paths;
    }

    /// <summary>The transactions at a version: each application with its number.</summary>
    public static IReadOnlyDictionary<string, long> Transactions(string folder, long? version = null)
    {
        using var files = new DeltaFiles(folder);
        return Replay(folder, version, files).Transactions.ToDictionary(static t => t.Key, static t => t.Value.Number("version") ?? 0);
    }

    /// <summary>The versions that have a complete checkpoint.</summary>
    public static IReadOnlyList<long> CheckpointVersions(string folder) => [.. new DeltaLogFolder(folder).Checkpoints.Where(static c => c.IsComplete).Select(static c => c.Version).Distinct()];

    /// <summary>The latest version.</summary>
    public static long LatestVersion(string folder)
    {
        var log = new DeltaLogFolder(folder);
        return Math.Max(log.Commits.Count == 0 ? -1 : log.Commits.Keys.Max(), log.Checkpoints.Where(static c => c.IsComplete).Select(static c => c.Version).DefaultIfEmpty(-1).Max());
    }

    internal static DeltaState Replay(string folder, long? version, DeltaFiles files, long? from = null)
    {
        var log = new DeltaLogFolder(folder);
        var target = version ?? LatestVersion(folder);
        var findings = new DeltaFindings();
        var state = new DeltaState();
        if (from is not null || !log.Commits.ContainsKey(0))
        {
            var oldest = log.Commits.Count == 0 ? target : log.Commits.Keys.Min();
            var start = log.Checkpoints.LastOrDefault(c => c.IsComplete && c.Version <= target && c.Version >= oldest - 1 && (from is null || c.Version == from))
                ?? throw new FormatException("the log begins after version 0 and has no checkpoint");
            state.Apply(start.Version, DeltaCheckpointFile.Read(start, log, files, findings).Actions);
        }

        for (var next = state.Version + 1; next <= target; next++)
        {
            if (!log.Commits.TryGetValue(next, out var path))
            {
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"version {next} is missing"));
            }

            state.Apply(next, DeltaLogFolder.ReadActions(path, next, findings));
        }

        if (findings.All.Count > 0)
        {
            throw new FormatException(string.Join('\n', findings.All));
        }

        return state.Protocol is null || state.Metadata is null ? throw new FormatException("the log has no protocol or no metadata") : state;
    }
}
