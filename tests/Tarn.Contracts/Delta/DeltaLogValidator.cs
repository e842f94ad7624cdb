using System.Text.Json;

namespace Tarn.Contracts;

/// <summary>
/// Judges the log of a table by the protocol's text (delta-io/delta, PROTOCOL.md): every commit action by action, every checkpoint against what the commits
/// make, every file against what the log says of it. It uses no code of the lake's.
/// </summary>
public sealed class DeltaLogValidator : IDisposable
{
    private readonly string _folder;
    private readonly DeltaValidatorOptions _options;
    private readonly DeltaFindings _findings = new();
    private readonly DeltaFiles _files;
    private readonly DeltaCommitCheck _commits;
    private readonly HashSet<string> _checked = new(StringComparer.Ordinal);
    private DeltaState _state = new();
    private long _lastTimestamp;

    /// <summary>Prepares to judge a table, perhaps again and again while it grows.</summary>
    public DeltaLogValidator(string folder, DeltaValidatorOptions? options = null)
    {
        _folder = folder;
        _options = options ?? DeltaValidatorOptions.Strict;
        _files = new DeltaFiles(folder);
        _commits = new DeltaCommitCheck(_findings, _options);
    }

    /// <summary>Everything that was found so far.</summary>
    public IReadOnlyList<DeltaViolation> Violations => _findings.All;

    /// <summary>The latest version that was judged; -1 for none.</summary>
    public long Version => _state.Version;

    /// <summary>Judges a whole table, once.</summary>
    public static IReadOnlyList<DeltaViolation> Validate(string folder, DeltaValidatorOptions? options = null)
    {
        using var validator = new DeltaLogValidator(folder, options);
        return validator.Advance();
    }

    /// <summary>Judges a table, and fails the test with all that it found.</summary>
    public static void Require(string folder, DeltaValidatorOptions? options = null)
    {
        var violations = Validate(folder, options);
        Xunit.Assert.True(violations.Count == 0, $"{folder}\n{string.Join('\n', violations.Take(20))}");
    }

    /// <summary>Judges what is new since the last call.</summary>
    public IReadOnlyList<DeltaViolation> Advance()
    {
        var log = new DeltaLogFolder(_folder);
        try
        {
            CheckContiguous(log);
            AdvanceTo(log);
            CheckPresent();
            CheckLastCheckpoint();
        }
        catch (FormatException e)
        {
            _findings.Require(!_checked.Add(e.Message), "unreadable", _state.Version + 1, $"{e.Message}");
        }

        return _findings.All;
    }

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();

    private void CheckContiguous(DeltaLogFolder log)
    {
        var previous = long.MaxValue;
        foreach (var version in log.Commits.Keys)
        {
            _findings.Require(previous == long.MaxValue || version == previous + 1 || !_checked.Add($"gap {version}"), "version-missing", version, $"the one before it is {previous}");
            previous = version;
        }
    }

    private void AdvanceTo(DeltaLogFolder log)
    {
        foreach (var name in log.Others)
        {
            _findings.Require(!_checked.Add(name), "log-name", null, $"{name} is named like a part of the log and is none");
        }

        if (log.Commits.Count == 0 && log.Checkpoints.Count == 0)
        {
            _findings.Add("log-empty", null, "there is no log");
            return;
        }

        var checkpoints = new DeltaCheckpointCheck(log, _files, _findings, _options);
        if (_state.Version < 0 && !log.Commits.ContainsKey(0))
        {
            Begin(log);
        }

        var latest = log.Commits.Keys.DefaultIfEmpty(-1).Max();
        for (var version = _state.Version + 1; version <= latest; version++)
        {
            if (!log.Commits.TryGetValue(version, out var path))
            {
                return;
            }

            Step(version, path);
            CheckAround(log, checkpoints, version);
        }

        foreach (var late in log.Checkpoints.Where(c => c.Version > latest && !File.Exists(Path.Combine(log.Folder, $"{c.Version:d20}.json")) && _checked.Add($"early {c.Version}")))
        {
            _findings.Add("checkpoint-early", late.Version, "a checkpoint without its commit");
        }
    }

    /// <summary>Where the oldest commits are gone, a checkpoint must stand in for them.</summary>
    private void Begin(DeltaLogFolder log)
    {
        var oldest = log.Commits.Keys.DefaultIfEmpty(0).Min();
        var start = log.Checkpoints.FirstOrDefault(c => c.IsComplete && c.Version >= oldest - 1)
            ?? throw new FormatException("the log begins after version 0 and no checkpoint covers what is gone");
        _findings.Require(log.Commits.ContainsKey(start.Version), "cleanup", start.Version, $"the commit of the oldest checkpoint is gone, with what only it tells");
        _state.Apply(start.Version, DeltaCheckpointFile.Read(start, log, _files, _findings).Actions);
        _commits.Remember(_state);
    }

    private void Step(long version, string path)
    {
        var actions = DeltaLogFolder.ReadActions(path, version, _findings);
        var after = _state.Copy();
        after.Apply(version, actions);
        _commits.Check(actions, _state, after);
        var info = actions.Find(static a => a.Name == "commitInfo");
        _lastTimestamp = Math.Max(_lastTimestamp, info?.Number("inCommitTimestamp") ?? info?.Number("timestamp") ?? 0);
        if (_options.ReadsData && after.Metadata is not null && after.Protocol is not null)
        {
            var files = new DeltaFileCheck(_files, _findings);
            foreach (var add in actions.Where(a => a.Name == "add" && _files.Exists(a)))
            {
                files.Check(add, after, isNew: !_state.ByPath.ContainsKey(add.File.Path) && !_state.Tombstones.Keys.Any(t => t.Path == add.File.Path));
            }

            foreach (var cdc in actions.Where(a => a.Name == "cdc" && _files.Exists(a)))
            {
                var size = new FileInfo(_files.PathOf(cdc)).Length;
                _findings.Require(size == cdc.Number("size"), "file-size", version, $"{cdc.File.Path}: {cdc.Number("size")}, the file has {size}");
            }

            new DeltaRowsCheck(_files, _findings).Check(_state, after, actions);
        }

        _state = after;
    }

    private void CheckAround(DeltaLogFolder log, DeltaCheckpointCheck checkpoints, long version)
    {
        if (_state.Metadata is null || _state.Protocol is null)
        {
            return;
        }

        foreach (var checkpoint in log.Checkpoints.Where(c => c.Version == version && _checked.Add(string.Join('|', c.Files))))
        {
            checkpoints.Check(checkpoint, _state, _lastTimestamp);
        }

        foreach (var (from, to, path) in log.Compactions.Where(c => c.To == version && _checked.Add(c.Path)))
        {
            if (_findings.Require(from < to && log.Commits.ContainsKey(from), "compaction", version, $"{Path.GetFileName(path)} covers commits that are not there"))
            {
                checkpoints.CheckCompaction(from, to, path, v => DeltaLogFolder.ReadActions(log.Commits[v], v, new DeltaFindings()));
            }
        }

        if (log.Checksums.TryGetValue(version, out var checksum) && _checked.Add(checksum))
        {
            checkpoints.CheckChecksum(checksum, _state);
        }
    }

    /// <summary>The pointer is read before the folder is listed: what it points at was there before it.</summary>
    private void CheckLastCheckpoint()
    {
        var path = Path.Combine(_folder, DeltaLogFolder.Name, "_last_checkpoint");
        if (File.Exists(path))
        {
            var content = File.ReadAllBytes(path);
            if (_checked.Add("_last_checkpoint " + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(content))))
            {
                DeltaLastCheckpointCheck.Check(content, new DeltaLogFolder(_folder), _files, _findings);
            }
        }
    }

    /// <summary>The files of the latest version must be there, whenever they came.</summary>
    private void CheckPresent()
    {
        foreach (var file in _state.Files.Values)
        {
            if (_options.ReadsData && !_files.Exists(file))
            {
                _findings.Require(!_checked.Add("missing " + file.File), "file-missing", _state.Version, $"{file.File.Path} is in the latest version");
            }
        }
    }
}

/// <summary>Checks the pointer to the last checkpoint.</summary>
internal static class DeltaLastCheckpointCheck
{
    public static void Check(byte[] pointer, DeltaLogFolder log, DeltaFiles files, DeltaFindings findings)
    {
        LoggedAction last;
        try
        {
            last = new LoggedAction("_last_checkpoint", JsonDocument.Parse(pointer, new JsonDocumentOptions { AllowDuplicateProperties = false }).RootElement);
        }
        catch (JsonException e)
        {
            findings.Add("last-checkpoint", null, e.Message);
            return;
        }

        var version = last.Number("version");
        var parts = last.Number("parts") ?? 1;
        var named = last.Find("v2Checkpoint") is { } v2 ? new LoggedAction("v2Checkpoint", v2).Text("path") : null;
        var checkpoint = log.Checkpoints.FirstOrDefault(c => c.Version == version && c.Parts == parts && c.IsComplete && (named is null || Path.GetFileName(c.Files[0]) == Path.GetFileName(named)));
        if (!findings.Require(checkpoint is not null, "last-checkpoint", version, $"there is no such checkpoint: {last.Body.GetRawText()[..Math.Min(200, last.Body.GetRawText().Length)]}"))
        {
            return;
        }

        try
        {
            var content = DeltaCheckpointFile.Read(checkpoint!, log, files, findings);
            var sidecars = content.Own.Where(static a => a.Name == "sidecar").ToList();
            var rows = content.Actions.Count + content.Own.Count(static a => a.Name is "sidecar" or "checkpointMetadata");
            findings.Require(last.Number("size") == rows, "last-checkpoint", version, $"size {last.Number("size")}, there are {rows} actions");
            var adds = content.Actions.Count(static a => a.Name == "add");
            findings.Require(last.Number("numOfAddFiles") is null || last.Number("numOfAddFiles") == adds, "last-checkpoint", version, $"numOfAddFiles {last.Number("numOfAddFiles")}, there are {adds}");
            var bytes = checkpoint!.Files.Concat(sidecars.Select(s => DeltaCheckpointFile.SidecarPath(log, s))).Sum(static f => new FileInfo(f).Length);
            findings.Require(last.Number("sizeInBytes") is null || last.Number("sizeInBytes") == bytes, "last-checkpoint", version, $"sizeInBytes {last.Number("sizeInBytes")}, they are {bytes}");
            if (last.Text("checksum") is { } checksum)
            {
                findings.Require(checksum == DeltaChecksum.Of(last.Body), "last-checkpoint", version, $"checksum {checksum}, it is {DeltaChecksum.Of(last.Body)}");
            }
        }
        catch (FormatException e)
        {
            findings.Add("last-checkpoint", version, e.Message);
        }
    }
}
