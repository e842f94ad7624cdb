using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tarn.Contracts;

/// <summary>Checks a checkpoint, a compacted log or a checksum file against the state that the commits make.</summary>
internal sealed class DeltaCheckpointCheck(DeltaLogFolder log, DeltaFiles files, DeltaFindings findings, DeltaValidatorOptions options)
{
    public void Check(DeltaCheckpoint checkpoint, DeltaState state, long lastTimestamp)
    {
        var version = checkpoint.Version;
        if (!checkpoint.IsComplete)
        {
            return;
        }

        DeltaCheckpointFile content;
        try
        {
            content = DeltaCheckpointFile.Read(checkpoint, log, files, findings);
        }
        catch (FormatException e)
        {
            findings.Add("checkpoint-unreadable", version, e.Message);
            return;
        }

        CheckForm(checkpoint, content, state);
        foreach (var action in content.Own.Where(static a => a.Name is not "commitInfo"))
        {
            ActionShapes.Check(Normal(action), version, findings);
        }

        CheckContent(content.Actions, state, version, lastTimestamp, checkpoint.Files.Max(static f => File.GetLastWriteTimeUtc(f)));
    }

    private void CheckForm(DeltaCheckpoint checkpoint, DeltaCheckpointFile content, DeltaState state)
    {
        var version = checkpoint.Version;
        var header = content.Own.Where(static a => a.Name == "checkpointMetadata").ToList();
        var sidecars = content.Own.Where(static a => a.Name == "sidecar").ToList();
        var isV2 = header.Count > 0 || sidecars.Count > 0;
        findings.Require(!isV2 || state.Supports("v2Checkpoint"), "feature-missing", version, $"a V2 checkpoint needs the feature v2Checkpoint");
        findings.Require(checkpoint.Uuid is null || header.Count == 1, "checkpoint-form", version, $"{header.Count} checkpointMetadata in a checkpoint with a UUID");
        findings.Require(!isV2 || header.Count == 1, "checkpoint-form", version, $"{header.Count} checkpointMetadata");
        findings.Require(header.TrueForAll(h => h.Number("version") == version), "checkpoint-form", version, $"checkpointMetadata tells version {header.FirstOrDefault()?.Number("version")}");
        findings.Require(checkpoint.Parts == 1 || (!isV2 && !state.Supports("v2Checkpoint")), "checkpoint-form", version, $"parts of a checkpoint, where V2 checkpoints are enabled");
        findings.Require(
            sidecars.Count == 0 || !content.Own.Any(static a => a.Name is "add" or "remove"), "checkpoint-form", version, $"file actions are both in the checkpoint and in sidecars");
        foreach (var sidecar in sidecars)
        {
            var path = DeltaCheckpointFile.SidecarPath(log, sidecar);
            findings.Require(new FileInfo(path).Length == sidecar.Number("sizeInBytes"), "checkpoint-sidecar", version, $"{sidecar.Text("path")} is {new FileInfo(path).Length} bytes, not {sidecar.Number("sizeInBytes")}");
            findings.Require(
                DeltaCheckpointFile.ReadFile(path, version, files, findings).All(static a => a.Name is "add" or "remove"), "checkpoint-sidecar", version, $"{sidecar.Text("path")} has other actions than files'");
        }

        foreach (var action in content.Actions)
        {
            findings.Require(action.Name is not ("commitInfo" or "cdc"), "checkpoint-content", version, $"{action.Name} in a checkpoint");
            findings.Require(action.Name != "remove" || (action.Find("stats") is null && action.Find("tags") is null), "checkpoint-content", version, $"a remove with stats or tags: {action.Text("path")}");
        }
    }

    private void CheckContent(IReadOnlyList<LoggedAction> actions, DeltaState state, long version, long lastTimestamp, DateTime written)
    {
        const string rule = "checkpoint-content";
        Same(rule, version, "protocol", [state.Protocol!], actions, static _ => "");
        Same(rule, version, "metaData", [state.Metadata!.Action], actions, static _ => "");
        var now = options.Now?.ToUnixTimeMilliseconds() ?? Math.Max(lastTimestamp, new DateTimeOffset(written, TimeSpan.Zero).ToUnixTimeMilliseconds());
        var stored = actions.Where(static a => a.Name == "txn").Select(static a => a.Text("appId")).ToHashSet(StringComparer.Ordinal);
        var progress = state.Transactions.Values.Where(t => stored.Contains(t.Text("appId")) || !state.Metadata!.IsExpired(t, Math.Max(now, lastTimestamp)));
        Same(rule, version, "txn", progress, actions, static a => a.Text("appId") ?? "");
        Same(rule, version, "domainMetadata", state.Domains.Values, actions, static a => a.Text("domain") ?? "");
        var withoutStats = state.Metadata.Configuration.GetValueOrDefault("delta.checkpoint.writeStatsAsJson") == "false";
        Same(rule, version, "add", state.Files.Values, actions, static a => a.File.ToString(), withoutStats ? ["dataChange", "stats"] : ["dataChange"]);
        CheckParsed(actions, state, version);

        var removes = actions.Where(static a => a.Name == "remove").ToList();
        var kept = removes.Select(static r => r.File).ToHashSet();
        findings.Require(kept.Count == removes.Count, rule, version, $"a tombstone twice");
        foreach (var tombstone in removes)
        {
            var there = state.Tombstones.GetValueOrDefault(tombstone.File);
            findings.Require(
                there is not null && there.Number("deletionTimestamp") == tombstone.Number("deletionTimestamp"), rule, version, $"a tombstone that the log does not leave: {tombstone.File}");
        }

        var expired = now - (long)state.Metadata.TombstoneRetention().TotalMilliseconds;
        foreach (var (file, tombstone) in state.Tombstones)
        {
            findings.Require(
                kept.Contains(file) || (tombstone.Number("deletionTimestamp") ?? 0) <= expired, "checkpoint-tombstone", version, $"{file} was removed at {tombstone.Number("deletionTimestamp")} and is not there");
        }
    }

    private void CheckParsed(IReadOnlyList<LoggedAction> actions, DeltaState state, long version)
    {
        if (!state.Metadata!.IsOn("delta.checkpoint.writeStatsAsStruct"))
        {
            return;
        }

        foreach (var add in actions.Where(static a => a.Name == "add"))
        {
            var original = state.Files.GetValueOrDefault(add.File);
            findings.Require(original?.Text("stats") is null || add.Find("stats_parsed") is not null, "checkpoint-parsed", version, $"{add.File} lacks stats_parsed");
            findings.Require(state.Metadata.PartitionColumns.Count == 0 || add.Find("partitionValues_parsed") is not null, "checkpoint-parsed", version, $"{add.File} lacks partitionValues_parsed");
        }
    }

    /// <summary>A compacted log must leave what its commits leave.</summary>
    public void CheckCompaction(long from, long to, string path, Func<long, IReadOnlyList<LoggedAction>> commit)
    {
        // Only the newest reference to each counts; whether a removed file was ever there does not.
        var expected = new Dictionary<string, LoggedAction>(StringComparer.Ordinal);
        for (var version = from; version <= to; version++)
        {
            foreach (var action in commit(version).OrderBy(static a => a.Name == "remove" ? 0 : 1))
            {
                if (Key(action) is { } key)
                {
                    expected[key] = action;
                }
            }
        }

        var actual = DeltaLogFolder.ReadActions(path, to, findings);
        foreach (var action in actual)
        {
            findings.Require(action.Name is not ("commitInfo" or "cdc"), "compaction", to, $"{action.Name} in {Path.GetFileName(path)}");
        }

        foreach (var name in new[] { "protocol", "metaData", "txn", "domainMetadata", "add", "remove" })
        {
            Same("compaction", to, name, expected.Values.Where(a => a.Name == name), actual, static a => Key(a)!, ["dataChange", "stats", "tags", "extendedFileMetadata"]);
        }
    }

    /// <summary>A checksum file must tell the state's numbers.</summary>
    public void CheckChecksum(string path, DeltaState state)
    {
        LoggedAction checksum;
        try
        {
            checksum = new LoggedAction("checksum", JsonDocument.Parse(File.ReadAllBytes(path)).RootElement);
        }
        catch (JsonException e)
        {
            findings.Add("checksum", state.Version, e.Message);
            return;
        }

        findings.Require(checksum.Number("numFiles") == state.Files.Count, "checksum", state.Version, $"numFiles {checksum.Number("numFiles")}, there are {state.Files.Count}");
        var bytes = state.Files.Values.Sum(static f => f.Number("size") ?? 0);
        findings.Require(checksum.Number("tableSizeBytes") == bytes, "checksum", state.Version, $"tableSizeBytes {checksum.Number("tableSizeBytes")}, they are {bytes}");
        findings.Require(checksum.Number("numMetadata") == 1 && checksum.Number("numProtocol") == 1, "checksum", state.Version, $"numMetadata or numProtocol is not 1");
    }

    private void Same(
        string rule, long version, string name, IEnumerable<LoggedAction> expected, IReadOnlyList<LoggedAction> actions, Func<LoggedAction, string> key, params string[] without)
    {
        var wanted = expected.ToDictionary(key, a => Canonical(a, without));
        foreach (var action in actions.Where(a => a.Name == name))
        {
            if (!wanted.Remove(key(action), out var text))
            {
                findings.Add(rule, version, $"{name} {key(action)} is not in the state, or is there twice");
            }
            else
            {
                var actual = Canonical(action, without);
                findings.Require(text == actual, rule, version, $"{name} differs: {actual}, the log says {text}");
            }
        }

        foreach (var missing in wanted)
        {
            findings.Add(rule, version, $"{name} {missing.Key} is missing");
        }
    }

    private static string? Key(LoggedAction action) => action.Name switch
    {
        "protocol" or "metaData" => action.Name,
        "txn" => "txn " + action.Text("appId"),
        "domainMetadata" => "domain " + action.Text("domain"),
        "add" or "remove" => "file " + action.File,
        _ => null,
    };

    private static LoggedAction Normal(LoggedAction action) => action with { };

    // Null, absent and empty are one; order does not count; JSON within text is compared as JSON.
    private static string Canonical(LoggedAction action, string[] without)
    {
        var body = JsonNode.Parse(action.Body.GetRawText())!.AsObject();
        foreach (var field in without.Concat(["stats_parsed", "partitionValues_parsed", "lastUpdated", "maxRowIndex"]))
        {
            body.Remove(field);
        }

        if (body["path"] is { } path)
        {
            body["path"] = DeltaPath.Decode(path.GetValue<string>());
        }

        return Sorted(body)?.ToJsonString() ?? "";
    }

    private static JsonNode? Sorted(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                var sorted = new JsonObject();
                foreach (var (key, value) in map.OrderBy(static e => e.Key, StringComparer.Ordinal))
                {
                    if (key != "maxRowIndex" && Sorted(value) is { } kept)
                    {
                        sorted[key] = kept;
                    }
                }

                return sorted.Count == 0 ? null : sorted;
            case JsonArray list:
                return list.Count == 0 ? null : new JsonArray([.. list.Select(static item => Sorted(item))]);
            default:
                return node?.DeepClone();
        }
    }
}
