using System.Text.Json;
using Tarn.Native;

namespace Tarn.Contracts;

/// <summary>A checkpoint's content: its actions with those of its sidecars, and how it is made up.</summary>
internal sealed record DeltaCheckpointFile(IReadOnlyList<LoggedAction> Actions, int Rows, IReadOnlyList<LoggedAction> Own)
{
    private static readonly string[] Names = ["metaData", "protocol", "txn", "add", "remove", "domainMetadata", "checkpointMetadata", "sidecar", "commitInfo", "cdc"];

    /// <exception cref="FormatException">A file of it cannot be read.</exception>
    public static DeltaCheckpointFile Read(DeltaCheckpoint checkpoint, DeltaLogFolder log, DeltaFiles files, DeltaFindings findings)
    {
        var own = checkpoint.Files.SelectMany(file => ReadFile(file, checkpoint.Version, files, findings)).ToList();
        var all = new List<LoggedAction>(own);
        foreach (var sidecar in own.Where(static a => a.Name == "sidecar"))
        {
            var path = SidecarPath(log, sidecar);
            if (!File.Exists(path))
            {
                throw new FormatException($"sidecar {path} is missing");
            }

            all.AddRange(ReadFile(path, checkpoint.Version, files, findings));
        }

        return new DeltaCheckpointFile([.. all.Where(static a => a.Name is not ("sidecar" or "checkpointMetadata"))], own.Count, own);
    }

    public static string SidecarPath(DeltaLogFolder log, LoggedAction sidecar)
    {
        var path = DeltaPath.Decode(sidecar.Text("path") ?? "");
        return path.StartsWith('/') ? path : Path.Combine(log.Folder, "_sidecars", Path.GetFileName(path));
    }

    public static IReadOnlyList<LoggedAction> ReadFile(string file, long version, DeltaFiles files, DeltaFindings findings)
    {
        if (file.EndsWith(".json", StringComparison.Ordinal))
        {
            return DeltaLogFolder.ReadActions(file, version, findings);
        }

        try
        {
            var footer = ParquetFooter.Read(files.Connection, files.Readable(file));
            var columns = Names.Where(n => footer.Root.Children.Exists(c => c.Name == n)).ToList();
            var select = string.Join(", ", columns.Select(c => $"CAST(to_json({Projection(c, footer)}) AS VARCHAR)"));
            var actions = new List<LoggedAction>();
            var problems = 0;
            foreach (var row in files.Query($"SELECT {select} FROM read_parquet({DeltaSql.Text(files.Readable(file))}, hive_partitioning = false)"))
            {
                var present = Enumerable.Range(0, row.Length).Where(i => row[i] is not null and not "null").ToList();
                problems += present.Count == 1 ? 0 : 1;
                actions.AddRange(present.Select(i => new LoggedAction(columns[i], JsonDocument.Parse((string)row[i]!).RootElement)));
            }

            findings.Require(problems == 0, "checkpoint-row", version, $"{problems} rows of {Path.GetFileName(file)} are not one action");
            return actions;
        }
        catch (Exception e) when (e is DuckDbException or InvalidOperationException)
        {
            throw new FormatException($"{Path.GetFileName(file)}: {e.Message}", e);
        }
    }

    // A column of a struct may be null where all its fields are: an action is there when its first required field is.
    private static string Projection(string action, ParquetFooter footer)
    {
        var required = action switch
        {
            "metaData" => "id",
            "protocol" => "minReaderVersion",
            "txn" => "appId",
            "domainMetadata" => "domain",
            "checkpointMetadata" => "version",
            "commitInfo" => "timestamp",
            _ => "path",
        };
        return footer.Root.Children.Find(c => c.Name == action)!.Children.Exists(c => c.Name == required)
            ? $"CASE WHEN struct_extract({DeltaSql.Quote(action)}, {DeltaSql.Text(required)}) IS NULL THEN NULL ELSE {DeltaSql.Quote(action)} END"
            : DeltaSql.Quote(action);
    }
}
