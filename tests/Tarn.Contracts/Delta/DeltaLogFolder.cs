using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tarn.Contracts;

/// <summary>A checkpoint of a log folder: one file, or the parts of one.</summary>
internal sealed record DeltaCheckpoint(long Version, string? Uuid, int Parts, IReadOnlyList<string> Files)
{
    public bool IsComplete => Parts == Files.Count;
}

/// <summary>What lies in a table's <c>_delta_log</c>, by the protocol's rules for names.</summary>
internal sealed partial class DeltaLogFolder
{
    public const string Name = "_delta_log";

    public DeltaLogFolder(string table)
    {
        Table = table;
        Folder = Path.Combine(table, Name);
        var checkpoints = new Dictionary<(long Version, string Key, int Parts), List<string>>();
        foreach (var path in Directory.Exists(Folder) ? Directory.GetFiles(Folder).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
        {
            var name = Path.GetFileName(path);
            if (Commit().Match(name) is { Success: true } commit)
            {
                Commits[Number(commit, 1)] = path;
            }
            else if (Checksum().Match(name) is { Success: true } checksum)
            {
                Checksums[Number(checksum, 1)] = path;
            }
            else if (Compacted().Match(name) is { Success: true } compacted)
            {
                Compactions.Add((Number(compacted, 1), Number(compacted, 2), path));
            }
            else if (Part().Match(name) is { Success: true } part)
            {
                var key = (Number(part, 1), "", (int)Number(part, 3));
                (checkpoints.TryGetValue(key, out var list) ? list : checkpoints[key] = []).Add(path);
            }
            else if (Single().Match(name) is { Success: true } single)
            {
                checkpoints[(Number(single, 1), single.Groups[2].Value + single.Groups[3].Value, 1)] = [path];
            }
            else if (name.Length > 0 && char.IsAsciiDigit(name[0]))
            {
                Others.Add(name);
            }
        }

        Checkpoints = [.. checkpoints.Select(static c => new DeltaCheckpoint(c.Key.Version, c.Key.Key is "" or "parquet" ? null : c.Key.Key, c.Key.Parts, c.Value)).OrderBy(static c => c.Version)];
    }

    public string Table { get; }

    public string Folder { get; }

    public SortedDictionary<long, string> Commits { get; } = [];

    public SortedDictionary<long, string> Checksums { get; } = [];

    public List<(long From, long To, string Path)> Compactions { get; } = [];

    public IReadOnlyList<DeltaCheckpoint> Checkpoints { get; }

    /// <summary>Files whose names begin as the protocol's do and are none of them.</summary>
    public List<string> Others { get; } = [];

    /// <summary>The actions of a file of lines of JSON; what is not one is a finding.</summary>
    public static List<LoggedAction> ReadActions(string path, long version, DeltaFindings findings)
    {
        var actions = new List<LoggedAction>();
        var text = Decode(File.ReadAllBytes(path), version, findings);
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0 && i == lines.Length - 1)
            {
                continue;
            }

            if (ParseAction(lines[i], out var action) is { } problem)
            {
                findings.Add("commit-line", version, FormattableString.Invariant($"line {i + 1}: {problem}"));
            }
            else
            {
                actions.Add(action!);
            }
        }

        return actions;
    }

    /// <summary>Reads one line; says what is wrong with it, or null.</summary>
    public static string? ParseAction(string line, out LoggedAction? action)
    {
        action = null;
        try
        {
            var root = JsonDocument.Parse(line, new JsonDocumentOptions { AllowDuplicateProperties = false }).RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return "not an object";
            }

            var members = root.EnumerateObject().Where(static m => m.Value.ValueKind != JsonValueKind.Null).ToList();
            if (members is not [var only])
            {
                return $"{members.Count} actions in one line";
            }

            action = new LoggedAction(only.Name, only.Value);
            return only.Value.ValueKind == JsonValueKind.Object ? null : $"the action {only.Name} is not an object";
        }
        catch (JsonException e)
        {
            return $"not JSON: {e.Message}";
        }
    }

    private static string Decode(byte[] bytes, long version, DeltaFindings findings)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            findings.Add("commit-line", version, $"not UTF-8: {e.Message}");
            return Encoding.UTF8.GetString(bytes);
        }
    }

    private static long Number(Match match, int group) => long.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(\d{20})\.json$")]
    private static partial Regex Commit();

    [GeneratedRegex(@"^(\d{20})\.crc$")]
    private static partial Regex Checksum();

    [GeneratedRegex(@"^(\d{20})\.(\d{20})\.compacted\.json$")]
    private static partial Regex Compacted();

    [GeneratedRegex(@"^(\d{20})\.checkpoint\.(\d{10})\.(\d{10})\.parquet$")]
    private static partial Regex Part();

    [GeneratedRegex(@"^(\d{20})\.checkpoint\.(?:([0-9a-fA-F-]{36})\.)?(parquet|json)$")]
    private static partial Regex Single();
}
