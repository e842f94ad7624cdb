using System.Globalization;
using System.Text.Json;

namespace Tarn.Contracts;

/// <summary>Compares an add's statistics with the file that it is about.</summary>
internal sealed class DeltaStatisticsCheck(DeltaFiles files, DeltaFindings findings)
{
    private static readonly HashSet<string> Comparable = new(StringComparer.Ordinal)
    {
        "string", "long", "integer", "short", "byte", "float", "double", "date", "timestamp", "timestamp_ntz", "boolean",
    };

    public void Check(LoggedAction add, DeltaMetadata metadata, long version)
    {
        var where = add.File.ToString();
        var stats = add.Stats();
        if (add.Text("stats") is not null && stats is not { ValueKind: JsonValueKind.Object })
        {
            findings.Add("stats-json", version, $"{where}: {add.Text("stats")}");
            return;
        }

        var footer = files.Footer(files.PathOf(add));
        var statistics = stats is { } json ? new LoggedAction("stats", json) : null;
        if (statistics?.Number("numRecords") is { } count)
        {
            findings.Require(count == footer.Rows, "stats-num-records", version, $"{where}: {count}, the file has {footer.Rows}");
        }
        else
        {
            findings.Require(add.DeletionVector is null, "stats-num-records", version, $"{where} has a deletion vector and no numRecords");
        }

        if (statistics is not null)
        {
            CheckColumns(add, metadata, version, statistics, footer);
        }
    }

    private void CheckColumns(LoggedAction add, DeltaMetadata metadata, long version, LoggedAction stats, ParquetFooter footer)
    {
        var leaves = new List<Leaf>();
        foreach (var kind in new[] { "minValues", "maxValues", "nullCount" })
        {
            if (stats.Find(kind) is { } values)
            {
                Collect(values, [.. metadata.FileFields], metadata.Mapping, footer.Root, "", [], leaves, kind, add, version);
            }
        }

        var tight = stats.Flag("tightBounds") != false;
        if (leaves.Count == 0)
        {
            return;
        }

        var columns = leaves.GroupBy(static l => l.Name).Select(static g => g.First()).ToList();
        var select = columns.SelectMany(static c => Comparable.Contains(c.Type.Kind) || c.Type.Kind.StartsWith("decimal", StringComparison.Ordinal)
            ? new[] { $"count(*) FILTER ({c.Reference} IS NULL)", $"CAST(min({c.Reference}) AS VARCHAR)", $"CAST(max({c.Reference}) AS VARCHAR)" }
            : [$"count(*) FILTER ({c.Reference} IS NULL)", "NULL", "NULL"]);
        var row = files.Query($"SELECT count(*), {string.Join(", ", select)} FROM {files.Scan(files.PathOf(add), add.DeletionVector)}")[0];
        var valid = (long)row[0]!;
        foreach (var leaf in leaves)
        {
            var at = 1 + (3 * columns.FindIndex(c => c.Name == leaf.Name));
            CheckLeaf(add, version, leaf, tight, valid, footer.Rows, (long)row[at]!, (string?)row[at + 1], (string?)row[at + 2]);
        }
    }

    private void CheckLeaf(LoggedAction add, long version, Leaf leaf, bool tight, long valid, long physical, long nulls, string? min, string? max)
    {
        var where = $"{add.File} column {leaf.Name}";
        if (leaf.Kind == "nullCount")
        {
            var said = leaf.Value.ValueKind == JsonValueKind.Number && leaf.Value.TryGetInt64(out var number) ? number : -1;
            var holds = tight ? said == nulls : (said != 0 || nulls == 0) && (said != physical || nulls == valid) && said >= 0 && said <= physical;
            findings.Require(holds, "stats-null-count", version, $"{where}: {leaf.Value}, there are {nulls} of {valid}");
            return;
        }

        if (nulls == valid)
        {
            return;
        }

        var isMin = leaf.Kind == "minValues";
        var actual = isMin ? min : max;
        var rule = isMin ? "stats-min" : "stats-max";
        if (actual is null)
        {
            findings.Add(rule, version, $"{where}: columns of type {leaf.Type.Kind} have no such statistic");
            return;
        }

        var text = leaf.Value.ValueKind == JsonValueKind.String ? leaf.Value.GetString()! : leaf.Value.GetRawText();
        string problem;
        if (leaf.Type.Kind == "string")
        {
            problem = CheckText(text, actual, isMin, tight);
        }
        else
        {
            problem = CheckValue(text, actual, leaf.Type, isMin, tight);
        }

        findings.Require(problem.Length == 0, rule, version, $"{where}: {text}, the rows' is {actual}: {problem}");
    }

    private static string CheckText(string said, string actual, bool isMin, bool tight)
    {
        var order = CompareUtf8(said, actual);
        if (isMin ? order > 0 : order < 0)
        {
            return "it does not bound the rows";
        }

        // Long texts may be cut: a minimum is then the beginning, a maximum the beginning with something greater at its end.
        var cut = isMin ? actual.StartsWith(said, StringComparison.Ordinal) : said.Length <= actual.Length + 2 && said.Length >= 16;
        return !tight || order == 0 || (cut && said.Length >= 16) ? "" : "it is not tight";
    }

    private string CheckValue(string said, string actual, DeltaType type, bool isMin, bool tight)
    {
        var (s, a) = ($"CAST({DeltaSql.Text(said)} AS {type.Sql})", $"CAST({DeltaSql.Text(actual)} AS {type.Sql})");

        // Times may be cut to milliseconds: down, as Spark does, which makes a maximum a little less than the rows'; or a maximum up.
        var isTime = type.Kind.StartsWith("timestamp", StringComparison.Ordinal);
        const string slack = "INTERVAL 1 MILLISECOND";
        var bound = isMin ? $"{s} <= {a}" : isTime ? $"{s} + {slack} > {a}" : $"{s} >= {a}";
        var exact = isTime ? $"{s} < {a} + {slack} AND {s} + {slack} > {a}" : $"{s} = {a}";
        try
        {
            var row = files.Query($"SELECT {bound}, {exact}")[0];
            return row[0] is not true ? "it does not bound the rows" : tight && row[1] is not true ? "it is not tight" : "";
        }
        catch (Native.DuckDbException e)
        {
            return $"not a value of {type.Kind}: {e.Message}";
        }
    }

    private void Collect(
        JsonElement values, IReadOnlyList<DeltaField> fields, string mapping, ParquetNode node, string reference, string[] path, List<Leaf> leaves, string kind, LoggedAction add, long version)
    {
        foreach (var member in values.EnumerateObject())
        {
            var name = string.Join('.', path.Append(member.Name));
            if (fields.FirstOrDefault(f => f.NameInFiles(mapping) == member.Name) is not { } field)
            {
                findings.Add("stats-column", version, $"{add.File}: {kind} of {name}, which is no column in files");
                continue;
            }

            if (member.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            var child = node.Find(field, mapping);
            var inner = child is null ? "NULL" : reference.Length == 0 ? DeltaSql.Quote(child.Name) : $"struct_extract({reference}, {DeltaSql.Text(child.Name)})";
            if (field.Type.Kind == "struct" && member.Value.ValueKind == JsonValueKind.Object)
            {
                if (child is not null)
                {
                    Collect(member.Value, field.Type.Fields, mapping, child, inner, [.. path, member.Name], leaves, kind, add, version);
                }
            }
            else
            {
                leaves.Add(new Leaf(kind, name, field.Type, field.Type.IsPrimitive ? $"CAST({inner} AS {field.Type.Sql})" : inner, member.Value));
            }
        }
    }

    private static int CompareUtf8(string left, string right) =>
        System.Text.Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(right));

    private sealed record Leaf(string Kind, string Name, DeltaType Type, string Reference, JsonElement Value);
}
