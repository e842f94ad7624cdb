using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Tarn.Lake.Tests.Protocol;

/// <summary>Breaks a table's files in ways drawn from a seed: as disks do, as bugs do, and as someone would who wants to read what is not his.</summary>
internal sealed class LogMutations(Random random, string table, string canary)
{
    private const string Deep = "[[[[[[[[[[";

    /// <summary>Does one mutation; says what was done.</summary>
    public string Apply()
    {
        var files = Directory.GetFiles(table, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Order(StringComparer.Ordinal).ToArray();
        var logs = files.Where(static f => f.EndsWith(".json", StringComparison.Ordinal) || f.EndsWith("_last_checkpoint", StringComparison.Ordinal)).ToArray();
        var binaries = files.Except(logs).ToArray();
        return logs.Length == 0 ? "nothing" : random.Next(10) switch
        {
            0 when binaries.Length > 0 => Bytes(Pick(binaries)),
            1 when binaries.Length > 0 => Cut(Pick(binaries)),
            2 => Bytes(Pick(logs)),
            3 => Cut(Pick(logs)),
            4 => Lines(Pick(logs)),
            5 => Place(Pick(files)),
            6 or 7 => Hostile(Pick(logs)),
            _ => Json(Pick(logs)),
        };
    }

    private T Pick<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];

    private string Bytes(string file)
    {
        var bytes = File.ReadAllBytes(file);
        if (bytes.Length == 0)
        {
            return "nothing";
        }

        // Near the end as often as anywhere: that is where Parquet keeps its footer.
        var count = random.Next(1, 4);
        for (var i = 0; i < count; i++)
        {
            var at = random.Next(2) == 0 ? random.Next(bytes.Length) : bytes.Length - 1 - random.Next(Math.Min(bytes.Length, 200));
            bytes[at] = random.Next(3) switch { 0 => 0, 1 => (byte)(bytes[at] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
        }

        File.WriteAllBytes(file, bytes);
        return $"{count} bytes changed in {Name(file)}";
    }

    private string Cut(string file)
    {
        var bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, random.Next(5) == 0 ? [.. bytes, .. bytes] : bytes[..random.Next(bytes.Length + 1)]);
        return $"{Name(file)} cut or doubled";
    }

    private string Lines(string file)
    {
        var lines = File.ReadAllLines(file).ToList();
        if (lines.Count == 0)
        {
            return "nothing";
        }

        var at = random.Next(lines.Count);
        switch (random.Next(4))
        {
            case 0: lines.RemoveAt(at); break;
            case 1: lines.Insert(at, lines[at]); break;
            case 2: lines.Reverse(); break;
            default: lines[at] = lines[at].Replace("\":", "\":" + Pick([Deep, "\0", "1e999", "null,", "{"]), StringComparison.Ordinal); break;
        }

        File.WriteAllLines(file, lines);
        return $"lines of {Name(file)}";
    }

    private string Place(string file)
    {
        File.Delete(file);
        switch (random.Next(5))
        {
            case 0:
                Directory.CreateDirectory(file);
                return $"a folder for {Name(file)}";
            case 1:
                File.CreateSymbolicLink(file, canary);
                return $"a link out for {Name(file)}";
            case 2:
                File.CreateSymbolicLink(file, file);
                return $"a link to itself for {Name(file)}";
            case 3:
                File.WriteAllBytes(file, []);
                return $"nothing in {Name(file)}";
            default:
                return $"{Name(file)} is gone";
        }
    }

    private string Json(string file)
    {
        if (Parse(file) is not { } lines)
        {
            return "nothing";
        }

        var at = random.Next(lines.Count);
        var nodes = new List<(JsonObject Parent, string Key)>();
        Collect(lines[at], nodes);
        if (nodes.Count == 0)
        {
            return "nothing";
        }

        var (parent, key) = Pick(nodes);
        switch (random.Next(4))
        {
            case 0:
                parent.Remove(key);
                break;
            case 1 or 2 when parent[key] is JsonValue json && json.TryGetValue<string>(out var document) && Nested(document) is { } changed:
                parent[key] = changed;
                break;
            case 1 when parent[key] is JsonValue text && text.TryGetValue<string>(out var inner) && inner.StartsWith('{'):
                parent[key] = inner.Length > 3 ? inner[..random.Next(inner.Length)] + Pick(["", "{", "\"", "99999999999999999999"]) + inner[random.Next(inner.Length)..] : "";
                break;
            default:
                parent[key] = Value();
                break;
        }

        Write(file, lines);
        return $"{key} in line {at} of {Name(file)}";
    }

    /// <summary>Changes JSON that stands as text in JSON: a schema, or statistics.</summary>
    private string? Nested(string document)
    {
        if (!document.StartsWith('{') || random.Next(4) == 0)
        {
            return null;
        }

        JsonNode root;
        try
        {
            root = JsonNode.Parse(document)!;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }

        var nodes = new List<(JsonObject Parent, string Key)>();
        Collect(root, nodes);
        if (nodes.Count == 0)
        {
            return null;
        }

        var (parent, key) = Pick(nodes);
        switch (random.Next(5))
        {
            case 0:
                parent.Remove(key);
                break;
            case 1 when parent[key] is JsonArray { Count: > 0 } list:
                list.Add(list[random.Next(list.Count)]?.DeepClone());
                break;
            case 2 when parent[key] is JsonArray { Count: > 0 } list:
                list.RemoveAt(random.Next(list.Count));
                break;
            case 3 when key is "name" or "type":
                parent[key] = Pick(["id", "ID", "", "p", "a b", "decimal(99,0)", "decimal(-1,2)", "decimal(", "variant", "interval", "timestamp_ntz", "long", "string", "x\"y'z", "_delta"]);
                break;
            default:
                parent[key] = Value();
                break;
        }

        return root.ToJsonString();
    }

    private string Hostile(string file)
    {
        if (Parse(file) is not { } lines)
        {
            return "nothing";
        }

        var nodes = new List<(JsonObject Parent, string Key)>();
        foreach (var line in lines)
        {
            Collect(line, nodes);
        }

        var paths = nodes.Where(static n => n.Key is "path" or "pathOrInlineDv").ToList();
        if (paths.Count == 0)
        {
            return "nothing";
        }

        var (parent, key) = Pick(paths);
        var name = Path.GetFileName(canary);
        var hostile = Pick(
        [
            $"../../../{name}", $"..%2f..%2F..%2f{name}", $"%2e%2e/%2e%2e/%2e%2e/{name}", $"a/../../../../{name}", canary, $"file://{canary}", $"file:{canary}", $"FILE://{canary}",
            $"file://localhost{canary}", "/etc/passwd", "file:///etc/passwd", "s3://bucket/canary.parquet", "http://127.0.0.1:1/canary.parquet", "hdfs://x/y", "..", ".", "", "/", "//", "%",
            "%00", "a\0b", "%zz", "..\\..\\canary.parquet", $"%5c{name}", "*.parquet", "**/*.parquet", "%2A%2A", "[a-z]*", "?", new string('x', 5000), "a//b", "~/x", "_delta_log/_last_checkpoint", "CON", $"./{name}",
        ]);
        parent[key] = hostile;
        if (key == "pathOrInlineDv")
        {
            parent["storageType"] = Pick(["p", "p", "u", "i"]);
        }

        // A link to the canary under a plain name, and a folder that leads out.
        if (random.Next(6) == 0)
        {
            var link = Path.Combine(table, "out");
            if (!Path.Exists(link))
            {
                Directory.CreateSymbolicLink(link, Path.GetDirectoryName(canary)!);
            }

            parent[key] = $"out/{name}";
        }

        Write(file, lines);
        return $"{parent[key]} in {Name(file)}";
    }

    private JsonNode? Value() => random.Next(14) switch
    {
        0 => null,
        1 => JsonValue.Create(""),
        2 => JsonValue.Create(-1),
        3 => JsonValue.Create(long.MaxValue),
        4 => JsonNode.Parse("99999999999999999999999999"),
        5 => JsonNode.Parse("1e400"),
        6 => JsonValue.Create(0.5),
        7 => JsonValue.Create(true),
        8 => JsonValue.Create(new string('x', 100_000)),
        9 => JsonValue.Create("\0'\"\\;--\ud800"[..5]),
        10 => JsonNode.Parse(new string('[', 50) + new string(']', 50)),
        11 => new JsonObject { ["a"] = 1 },
        12 => JsonValue.Create(int.MinValue),
        _ => JsonValue.Create("9999-99-99 drop table"),
    };

    private static List<JsonNode>? Parse(string file)
    {
        try
        {
            var lines = File.ReadAllLines(file).Where(static l => l.Length > 0).Select(static l => JsonNode.Parse(l)!).ToList();
            return lines.Count == 0 ? null : lines;
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void Write(string file, IEnumerable<JsonNode> lines) =>
        File.WriteAllText(file, string.Concat(lines.Select(static l => l.ToJsonString() + "\n")), new UTF8Encoding(false));

    private static void Collect(JsonNode? node, List<(JsonObject, string)> nodes)
    {
        if (node is JsonObject map)
        {
            foreach (var (key, value) in map)
            {
                nodes.Add((map, key));
                Collect(value, nodes);
            }
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list)
            {
                Collect(item, nodes);
            }
        }
    }

    private string Name(string file) => Path.GetRelativePath(table, file).ToString(CultureInfo.InvariantCulture);
}
