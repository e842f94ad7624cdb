using System.Globalization;
using Tarn.Native;

namespace Tarn.Contracts;

/// <summary>Checks one commit against the state before it, from its actions alone.</summary>
internal sealed class DeltaCommitCheck(DeltaFindings findings, DeltaValidatorOptions options)
{
    private readonly Dictionary<long, string> _ids = [];
    private readonly HashSet<string> _vectors = new(StringComparer.Ordinal);
    private long _timestamp = long.MinValue;
    private long _maxColumnId;

    /// <summary>The commit's own time, by which the next is judged.</summary>
    public void Remember(DeltaState state)
    {
        foreach (var file in state.Files.Keys.Where(static f => f.VectorId is not null))
        {
            _vectors.Add(file.Path + file.VectorId);
        }

        if (state.Metadata is { Mapping: not "none" } metadata)
        {
            RememberColumns(metadata);
        }
    }

    public void Check(IReadOnlyList<LoggedAction> actions, DeltaState before, DeltaState after)
    {
        var version = after.Version;
        foreach (var action in actions)
        {
            ActionShapes.Check(action, version, findings);
            findings.Require(action.Name is not ("sidecar" or "checkpointMetadata"), "checkpoint-action", version, $"{action.Name} in a commit");
        }

        CheckOnce(actions, version);
        CheckFirst(actions, after);
        foreach (var protocol in actions.Where(static a => a.Name == "protocol"))
        {
            DeltaFeatures.CheckProtocol(protocol, before.Protocol, version, findings);
        }

        if (after.Metadata is null || after.Protocol is null)
        {
            findings.Add("first-commit", version, "the table has no metadata or no protocol");
            return;
        }

        DeltaFeatures.CheckUse(after, version, findings);
        if (actions.Any(static a => a.Name == "metaData"))
        {
            // RESTORE brings the metadata back with the files that it describes.
            var isRestore = actions.Any(static a => a.Name == "commitInfo" && a.Text("operation") == "RESTORE");
            CheckMetadata(after, isRestore ? null : before.Metadata, version);
        }

        CheckFiles(actions, before, after, version);
        CheckTransactions(actions, before, version);
        CheckTimestamps(actions, before, after);
        Remember(after);
    }

    private void CheckOnce(IReadOnlyList<LoggedAction> actions, long version)
    {
        void Once(string name, Func<LoggedAction, string> key)
        {
            foreach (var group in actions.Where(a => a.Name == name).GroupBy(key).Where(static g => g.Count() > 1))
            {
                findings.Add("action-twice", version, $"{group.Count()} of {name} {group.Key}");
            }
        }

        Once("protocol", static _ => "");
        Once("metaData", static _ => "");
        Once("commitInfo", static _ => "");
        Once("txn", static a => a.Text("appId") ?? "");
        Once("domainMetadata", static a => a.Text("domain") ?? "");
        Once("add", static a => a.File.Path);
        Once("remove", static a => a.File.Path);
        Once("cdc", static a => a.File.Path);
        var removed = actions.Where(static a => a.Name == "remove").Select(static a => a.File).ToHashSet();
        foreach (var add in actions.Where(a => a.Name == "add" && removed.Contains(a.File)))
        {
            findings.Add("action-twice", version, $"{add.File} is added and removed");
        }
    }

    private void CheckFirst(IReadOnlyList<LoggedAction> actions, DeltaState after)
    {
        if (after.Version == 0)
        {
            findings.Require(actions.Any(static a => a.Name == "metaData") && actions.Any(static a => a.Name == "protocol"), "first-commit", 0, $"version 0 lacks metaData or protocol");
        }

        foreach (var domain in actions.Where(static a => a.Name == "domainMetadata"))
        {
            findings.Require(after.Supports("domainMetadata"), "feature-missing", after.Version, $"domainMetadata {domain.Text("domain")} needs the feature domainMetadata");
        }
    }

    private void CheckFiles(IReadOnlyList<LoggedAction> actions, DeltaState before, DeltaState after, long version)
    {
        var removed = actions.Where(static a => a.Name == "remove").Select(static a => a.File).ToHashSet();
        var appendOnly = after.Metadata!.IsOn("delta.appendOnly") && after.Supports("appendOnly");
        foreach (var add in actions.Where(static a => a.Name == "add"))
        {
            if (before.ByPath.TryGetValue(add.File.Path, out var there) && there != add.File)
            {
                findings.Require(removed.Contains(there), "add-other-vector", version, $"{add.File} while {there} is in the table and not removed");
            }

            findings.Require(
                add.Flag("dataChange") != false || before.Files.ContainsKey(add.File) || removed.Count > 0, "data-change", version, $"{add.File} is new, nothing is removed, and dataChange is false");
            CheckVector(add, after, version);
            CheckPartitionValues(add, after.Metadata!, version);
            findings.Require(!add.File.Path.StartsWith('_'), "hidden-path", version, $"{add.File.Path} is hidden");
        }

        foreach (var cdc in actions.Where(static a => a.Name == "cdc"))
        {
            CheckPartitionValues(cdc, after.Metadata!, version);
            findings.Require(after.Supports("changeDataFeed"), "feature-missing", version, $"cdc needs the feature changeDataFeed");
        }

        foreach (var remove in actions.Where(static a => a.Name == "remove"))
        {
            findings.Require(options.OnlyProtocol || before.Files.ContainsKey(remove.File), "remove-unknown", version, $"{remove.File} is not in the table");
            findings.Require(!appendOnly || remove.Flag("dataChange") == false, "append-only", version, $"{remove.File} is removed");
        }
    }

    private void CheckVector(LoggedAction add, DeltaState after, long version)
    {
        if (add.File.VectorId is null)
        {
            return;
        }

        findings.Require(after.Supports("deletionVectors"), "feature-missing", version, $"the deletion vector of {add.File} needs the feature deletionVectors");
        findings.Require(
            after.Metadata!.IsOn("delta.enableDeletionVectors") || _vectors.Contains(add.File.Path + add.File.VectorId), "vector-not-enabled", version,
            $"{add.File} is new, and delta.enableDeletionVectors is not true");
    }

    private void CheckPartitionValues(LoggedAction file, DeltaMetadata metadata, long version)
    {
        var values = file.Map("partitionValues");
        var expected = metadata.PartitionFields.Select(f => f.NameInFiles(metadata.Mapping)).ToList();
        findings.Require(
            values.Count == expected.Count && expected.TrueForAll(values.ContainsKey), "partition-values", version,
            $"{file.File.Path}: {string.Join(", ", values.Keys)}, the partition columns are {string.Join(", ", expected)}");
        foreach (var field in metadata.PartitionFields)
        {
            if (values.GetValueOrDefault(field.NameInFiles(metadata.Mapping)) is { Length: > 0 } text)
            {
                findings.Require(PartitionTexts.IsValue(text, field.Type), "partition-value", version, $"{file.File.Path}: {field.Name}='{text}' is no {field.Type.Kind}");
            }
        }
    }

    private void CheckTransactions(IReadOnlyList<LoggedAction> actions, DeltaState before, long version)
    {
        foreach (var txn in actions.Where(static a => a.Name == "txn"))
        {
            if (before.Transactions.TryGetValue(txn.Text("appId") ?? "", out var last) && before.Metadata?.IsExpired(last, txn.Number("lastUpdated")) != true)
            {
                findings.Require(options.OnlyProtocol || txn.Number("version") > last.Number("version"), "txn-order", version, $"{txn.Text("appId")} at {txn.Number("version")} after {last.Number("version")}");
            }
        }
    }

    private void CheckTimestamps(IReadOnlyList<LoggedAction> actions, DeltaState before, DeltaState after)
    {
        var version = after.Version;
        var info = actions.FirstOrDefault(static a => a.Name == "commitInfo");
        if (!after.Metadata!.IsOn("delta.enableInCommitTimestamps") || !after.Supports("inCommitTimestamp"))
        {
            _timestamp = long.MinValue;
            return;
        }

        findings.Require(actions.Count > 0 && actions[0].Name == "commitInfo", "in-commit-timestamp", version, $"commitInfo is not the first action");
        if (info?.Number("inCommitTimestamp") is not { } time)
        {
            findings.Add("in-commit-timestamp", version, "commitInfo lacks inCommitTimestamp");
            return;
        }

        findings.Require(time > _timestamp, "in-commit-timestamp", version, $"{time} is not after {_timestamp}");
        _timestamp = time;
        var wasOn = before.Metadata?.IsOn("delta.enableInCommitTimestamps") == true;
        if (!wasOn && version > 0)
        {
            string? Property(string name) => after.Metadata.Configuration.GetValueOrDefault("delta.inCommitTimestampEnablement" + name);
            findings.Require(
                Property("Version") == version.ToString(CultureInfo.InvariantCulture) && Property("Timestamp") == time.ToString(CultureInfo.InvariantCulture), "in-commit-timestamp", version,
                $"enabled here at {time}, the properties say version {Property("Version")} at {Property("Timestamp")}");
        }
    }

    private void CheckMetadata(DeltaState after, DeltaMetadata? before, long version)
    {
        var metadata = after.Metadata!;
        foreach (var column in metadata.PartitionColumns)
        {
            findings.Require(metadata.Find(column) is { Type.IsPrimitive: true }, "partition-column", version, $"{column} is no column of a primitive type");
        }

        findings.Require(metadata.PartitionColumns.Distinct(StringComparer.OrdinalIgnoreCase).Count() == metadata.PartitionColumns.Count, "partition-column", version, $"a column twice");
        foreach (var type in metadata.Schema.All().Where(static t => t.Kind == "struct"))
        {
            findings.Require(
                type.Fields.Select(static f => f.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() == type.Fields.Count, "schema-names", version,
                $"columns differ only in case, or not at all: {string.Join(", ", type.Fields.Select(static f => f.Name))}");
        }

        CheckTypeChanges(metadata, before, version);
        if (metadata.Mapping != "none")
        {
            CheckMapping(metadata, version);
        }
        else
        {
            findings.Require(before is null || before.Mapping == "none", "column-mapping", version, $"column mapping was on, and is off: names in files are lost");
        }
    }

    private void CheckMapping(DeltaMetadata metadata, long version)
    {
        var fields = metadata.Schema.AllFields().ToList();
        var max = metadata.Configuration.TryGetValue("delta.columnMapping.maxColumnId", out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : -1;
        findings.Require(max >= _maxColumnId, "column-mapping", version, $"maxColumnId {max} after {_maxColumnId}");
        foreach (var field in fields)
        {
            findings.Require(field.Id is > 0 and <= int.MaxValue && field.PhysicalName is { Length: > 0 }, "column-mapping", version, $"{field.Name} lacks its id or its physical name");
            findings.Require(field.Id <= max, "column-mapping", version, $"{field.Name} has id {field.Id}, the greatest is said to be {max}");
            if (field.Id is { } id)
            {
                var known = _ids.GetValueOrDefault(id);
                findings.Require(known is null || known == field.PhysicalName, "column-mapping", version, $"id {id} was {known}, and is {field.PhysicalName}");
                findings.Require(known is not null || _maxColumnId == 0 || id > _maxColumnId, "column-mapping", version, $"{field.Name} is new, and its id {id} is not above {_maxColumnId}");
            }
        }

        findings.Require(fields.Select(static f => f.Id).Distinct().Count() == fields.Count, "column-mapping", version, $"an id is used twice");
        foreach (var type in metadata.Schema.All().Where(static t => t.Kind == "struct"))
        {
            findings.Require(type.Fields.Select(static f => f.PhysicalName).Distinct(StringComparer.OrdinalIgnoreCase).Count() == type.Fields.Count, "column-mapping", version, $"a physical name is used twice");
        }
    }

    private void RememberColumns(DeltaMetadata metadata)
    {
        foreach (var field in metadata.Schema.AllFields())
        {
            if (field.Id is { } id)
            {
                _ids[id] = field.PhysicalName ?? "";
            }
        }

        _maxColumnId = Math.Max(_maxColumnId, long.TryParse(metadata.Configuration.GetValueOrDefault("delta.columnMapping.maxColumnId"), CultureInfo.InvariantCulture, out var max) ? max : 0);
    }

    private void CheckTypeChanges(DeltaMetadata metadata, DeltaMetadata? before, long version)
    {
        foreach (var field in before is null ? [] : metadata.Schema.Fields)
        {
            var old = metadata.Mapping == "none" ? before!.Find(field.Name) : before!.Schema.Fields.FirstOrDefault(f => f.PhysicalName is not null && f.PhysicalName == field.PhysicalName);
            if (old is null || old.Type.Kind == field.Type.Kind || !old.Type.IsPrimitive || before.Action.Text("id") != metadata.Action.Text("id"))
            {
                continue;
            }

            findings.Require(TypeWidenings.Allows(old.Type.Kind, field.Type.Kind), "type-change", version, $"{field.Name}: {old.Type.Kind} to {field.Type.Kind}");
            findings.Require(
                field.Metadata.TryGetProperty("delta.typeChanges", out var changes) && changes.ToString().Contains(field.Type.Kind.Split('(')[0], StringComparison.Ordinal), "type-change", version,
                $"{field.Name}: {old.Type.Kind} to {field.Type.Kind} is not in delta.typeChanges");
            findings.Require(metadata.IsOn("delta.enableTypeWidening"), "type-change", version, $"{field.Name}: delta.enableTypeWidening is not true");
        }
    }
}

/// <summary>The type changes that readers must support.</summary>
internal static class TypeWidenings
{
    private static readonly string[] Whole = ["byte", "short", "integer", "long"];

    public static bool Allows(string from, string to)
    {
        var (f, t) = (Array.IndexOf(Whole, from), Array.IndexOf(Whole, to));
        if (f >= 0 && t >= 0)
        {
            return t > f;
        }

        if (Digits(to) is { } wide)
        {
            var least = Digits(from) ?? (from == "long" ? (20, 0) : f >= 0 ? (10, 0) : (99, 0));
            return wide.Scale >= least.Item2 && wide.Precision - least.Item1 >= wide.Scale - least.Item2;
        }

        return (from, to) is ("float", "double") or ("byte" or "short" or "integer", "double") or ("date", "timestamp_ntz");
    }

    private static (int Precision, int Scale)? Digits(string type)
    {
        var parts = type == "decimal" ? ["10", "0"] : type.StartsWith("decimal(", StringComparison.Ordinal) ? type[8..^1].Split(',') : [];
        return parts.Length == 2 ? (int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture)) : null;
    }
}

/// <summary>The texts of partition values, by the protocol's table.</summary>
internal static class PartitionTexts
{
    private static readonly string[] Times =
    [
        "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFF", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'",
    ];

    public static bool IsValue(string text, DeltaType type)
    {
        var culture = CultureInfo.InvariantCulture;
        return type.Kind switch
        {
            "string" or "binary" => true,
            "byte" => sbyte.TryParse(text, NumberStyles.AllowLeadingSign, culture, out _),
            "short" => short.TryParse(text, NumberStyles.AllowLeadingSign, culture, out _),
            "integer" => int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out _),
            "long" => long.TryParse(text, NumberStyles.AllowLeadingSign, culture, out _),
            "float" or "double" => double.TryParse(text, NumberStyles.Float, culture, out _),
            "boolean" => text is "true" or "false",
            "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", culture, DateTimeStyles.None, out _),
            "timestamp" => DateTime.TryParseExact(text, Times, culture, DateTimeStyles.None, out _),
            "timestamp_ntz" => DateTime.TryParseExact(text, Times[..2], culture, DateTimeStyles.None, out _),
            _ => decimal.TryParse(text, NumberStyles.Float, culture, out _),
        };
    }
}
