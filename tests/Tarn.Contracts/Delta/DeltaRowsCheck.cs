using Tarn.Native;

namespace Tarn.Contracts;

/// <summary>Checks what a commit does to the rows: nothing, where it says so; and what its change files tell of.</summary>
internal sealed class DeltaRowsCheck(DeltaFiles files, DeltaFindings findings)
{
    private static readonly HashSet<string> RowOperations = new(StringComparer.Ordinal) { "DELETE", "UPDATE", "MERGE" };

    public void Check(DeltaState before, DeltaState after, IReadOnlyList<LoggedAction> actions)
    {
        var version = after.Version;
        var adds = actions.Where(static a => a.Name == "add").ToList();
        var removes = actions.Where(a => a.Name == "remove" && before.Files.ContainsKey(a.File)).ToList();
        var changes = actions.Where(static a => a.Name == "cdc").ToList();

        // What was removed is read as its add said: a remove need not hold the partition values.
        var gone = removes.Select(r => before.Files[r.File]).ToList();
        var recommitted = adds.Where(a => before.Files.ContainsKey(a.File)).ToList();
        gone.AddRange(recommitted.Select(a => before.Files[a.File]));
        if (adds.Concat(gone).Concat(changes).Any(f => !files.Exists(f)))
        {
            return;
        }

        try
        {
            if (adds.Count + removes.Count > 0 && adds.Concat(removes).All(static a => a.Flag("dataChange") == false))
            {
                var (count, example) = files.Difference(Union(gone, before), Union(adds, after));
                findings.Require(count == 0, "data-change", version, $"the commit says dataChange=false, and {count} rows differ, {example}");
            }

            CheckChanges(before, after, adds, gone, changes, actions);
        }
        catch (DuckDbException e)
        {
            findings.Add("file-unreadable", version, e.Message);
        }
        catch (FormatException e)
        {
            findings.Add("deletion-vector", version, e.Message);
        }
    }

    private void CheckChanges(
        DeltaState before, DeltaState after, IReadOnlyList<LoggedAction> adds, IReadOnlyList<LoggedAction> gone, IReadOnlyList<LoggedAction> changes, IReadOnlyList<LoggedAction> actions)
    {
        var version = after.Version;
        var metadata = after.Metadata!;
        var isOn = metadata.IsOn("delta.enableChangeDataFeed") && after.Supports("changeDataFeed");
        if (changes.Count == 0)
        {
            var changing = actions.Where(static a => a.Name is "add" or "remove" && a.Flag("dataChange") == true).ToList();
            if (!isOn || changing.All(static a => a.Name == "add") || changing.All(static a => a.Name == "remove"))
            {
                return;
            }

            // RESTORE brings files back as they were, and tells of no rows; Spark's does so, too.
            var operation = actions.FirstOrDefault(static a => a.Name == "commitInfo")?.Text("operation") ?? "";
            var twice = operation == "RESTORE" ? null : adds.FirstOrDefault(a => gone.Any(g => g.File.Path == a.File.Path && g.File != a.File));
            findings.Require(twice is null, "cdc-missing", version, $"{twice?.File.Path} changes its deletion vector without change data: all its rows would be told of");
            if (twice is null && RowOperations.Contains(operation))
            {
                var copied = files.Query($"SELECT count(*) FROM (({Union(gone, before)}) INTERSECT ALL ({Union(adds, after)}))")[0][0];
                findings.Require(copied is 0L, "cdc-missing", version, $"{copied} copied rows would be told of as deleted and inserted");
            }

            return;
        }

        var tables = changes.Select(c => files.Rows(c, metadata, "_change_type")).ToList();
        var all = string.Join(" UNION ALL ", tables.Select(static t => $"({t})"));
        var kinds = files.Query($"SELECT _change_type, count(*) FROM ({all}) GROUP BY 1").ToDictionary(static r => (string?)r[0] ?? "NULL", static r => (long)r[1]!);
        foreach (var kind in kinds.Keys)
        {
            findings.Require(kind is "insert" or "delete" or "update_preimage" or "update_postimage", "cdc-type", version, $"_change_type {kind}");
        }

        findings.Require(
            kinds.GetValueOrDefault("update_preimage") == kinds.GetValueOrDefault("update_postimage"), "cdc-type", version,
            $"{kinds.GetValueOrDefault("update_preimage")} preimages, {kinds.GetValueOrDefault("update_postimage")} postimages");

        // Rows before and what came must be the rows after and what went.
        string Of(params string[] types) =>
            $"({DeltaFiles.Texts($"SELECT * EXCLUDE (_change_type) FROM ({all}) WHERE _change_type IN ({string.Join(", ", types.Select(DeltaSql.Text))})", metadata)})";
        var (count, example) = files.Difference(
            $"({Union(gone, before)}) UNION ALL {Of("insert", "update_postimage")}", $"({Union(adds, after)}) UNION ALL {Of("delete", "update_preimage")}");
        findings.Require(count == 0, "cdc-rows", version, $"the change files and the data files differ in {count} rows, {example}");
    }

    private string Union(IReadOnlyList<LoggedAction> of, DeltaState state) =>
        of.Count == 0
            ? "SELECT NULL::VARCHAR AS r WHERE false"
            : string.Join(" UNION ALL ", of.Select(f => $"({DeltaFiles.Texts(files.Rows(f, state.Metadata!), state.Metadata!)})"));
}
