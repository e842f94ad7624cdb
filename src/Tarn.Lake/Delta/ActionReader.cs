using System.Text;
using System.Text.Json;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// Reads actions. What a reader must not know to be right (fields and actions of newer protocols) is passed over, as the protocol asks.
/// </summary>
internal static partial class ActionReader
{
    /// <summary>The actions of a commit file.</summary>
    /// <exception cref="TarnException">A line is not an action.</exception>
    public static List<DeltaAction> ReadCommit(ReadOnlySpan<byte> content, string file)
    {
        var actions = new List<DeltaAction>();
        var number = 0;
        foreach (var range in content.Split((byte)'\n'))
        {
            number++;
            var line = content[range].Trim(" \t\r"u8);
            if (!line.IsEmpty && ReadLine(line, file, number) is { } action)
            {
                actions.Add(action);
            }
        }

        return actions;
    }

    /// <summary>What a commit file says of the commit itself: its actions but for those of files, which are passed over by their beginnings.</summary>
    /// <exception cref="TarnException">A line is not an action.</exception>
    public static List<DeltaAction> ReadFew(ReadOnlySpan<byte> content, string file)
    {
        var actions = new List<DeltaAction>();
        var number = 0;
        foreach (var range in content.Split((byte)'\n'))
        {
            number++;
            var line = content[range].Trim(" \t\r"u8);
            if (!line.IsEmpty && !line.StartsWith("{\"add\""u8) && !line.StartsWith("{\"remove\""u8) && !line.StartsWith("{\"metaData\""u8) && ReadLine(line, file, number) is { } action)
            {
                actions.Add(action);
            }
        }

        return actions;
    }

    /// <summary>The action of one line, or null where it is of a kind that is passed over.</summary>
    /// <exception cref="TarnException">The line is not an action.</exception>
    public static DeltaAction? ReadLine(ReadOnlySpan<byte> line, string file, int number)
    {
        try
        {
            var json = new Utf8JsonReader(line);
            Expect(ref json, JsonTokenType.StartObject);
            DeltaAction? action = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var name = json.GetString();
                json.Read();
                if (json.TokenType == JsonTokenType.Null)
                {
                    continue;
                }

                if (Read(name, ref json) is { } read)
                {
                    action = read;
                }
            }

            return action;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw TarnException.Corrupt(
                $"Line {number} of {file} is not an action of the Delta protocol: {e.Message}", Encoding.UTF8.GetString(line[..Math.Min(line.Length, 120)]), null, e);
        }
    }

    private static DeltaAction? Read(string? name, ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException($"{name} is not an object.");
        }

        switch (name)
        {
            case "add": return Add(ref json);
            case "remove": return Remove(ref json);
            case "metaData": return Metadata(ref json);
            case "protocol": return Protocol(ref json);
            case "txn": return Transaction(ref json);
            case "commitInfo": return CommitInfo(ref json);
            case "domainMetadata": return Domain(ref json);
            case "cdc": return Cdc(ref json);
            case "sidecar": return Sidecar(ref json);
            case "checkpointMetadata": return CheckpointMetadata(ref json);
            default:
                json.Skip();
                return null;
        }
    }

    private static MetadataAction Metadata(ref Utf8JsonReader json)
    {
        string? id = null, tableName = null, description = null, schema = null;
        var provider = "parquet";
        IReadOnlyDictionary<string, string> options = EmptyMap.Strings, configuration = EmptyMap.Strings;
        IReadOnlyList<string> partitions = [];
        long? created = null;
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "id": id = json.GetString(); break;
                case "name": tableName = json.GetString(); break;
                case "description": description = json.GetString(); break;
                case "schemaString": schema = json.GetString(); break;
                case "partitionColumns": partitions = Names(ref json); break;
                case "configuration": configuration = Map(ref json); break;
                case "createdTime": created = json.GetInt64(); break;
                case "format": (provider, options) = Format(ref json); break;
                default: json.Skip(); break;
            }
        }

        return new MetadataAction
        {
            Id = id ?? "",
            Name = tableName,
            Description = description,
            FormatProvider = provider,
            FormatOptions = options,
            SchemaString = schema ?? throw new JsonException("metaData without schemaString."),
            PartitionColumns = partitions,
            Configuration = configuration,
            CreatedTime = created,
        };
    }

    private static (string Provider, IReadOnlyDictionary<string, string> Options) Format(ref Utf8JsonReader json)
    {
        Require(json.TokenType, JsonTokenType.StartObject);
        var provider = "parquet";
        IReadOnlyDictionary<string, string> options = EmptyMap.Strings;
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "provider": provider = json.GetString()!; break;
                case "options": options = Map(ref json); break;
                default: json.Skip(); break;
            }
        }

        return (provider, options);
    }

    private static ProtocolAction Protocol(ref Utf8JsonReader json)
    {
        int? reader = null, writer = null;
        IReadOnlyList<string>? readerFeatures = null, writerFeatures = null;
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "minReaderVersion": reader = json.GetInt32(); break;
                case "minWriterVersion": writer = json.GetInt32(); break;
                case "readerFeatures": readerFeatures = Names(ref json); break;
                case "writerFeatures": writerFeatures = Names(ref json); break;
                default: json.Skip(); break;
            }
        }

        return new ProtocolAction(
            reader ?? throw new JsonException("protocol without minReaderVersion."), writer ?? throw new JsonException("protocol without minWriterVersion."),
            readerFeatures, writerFeatures);
    }

    private static TransactionAction Transaction(ref Utf8JsonReader json)
    {
        string? appId = null;
        long? version = null, updated = null;
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "appId": appId = json.GetString(); break;
                case "version": version = json.GetInt64(); break;
                case "lastUpdated": updated = json.GetInt64(); break;
                default: json.Skip(); break;
            }
        }

        return new TransactionAction(appId ?? throw new JsonException("txn without appId."), version ?? throw new JsonException("txn without version."), updated);
    }

    private static DomainMetadataAction Domain(ref Utf8JsonReader json)
    {
        string? domain = null, configuration = null;
        var removed = false;
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "domain": domain = json.GetString(); break;
                case "configuration": configuration = json.GetString(); break;
                case "removed": removed = json.GetBoolean(); break;
                default: json.Skip(); break;
            }
        }

        return new DomainMetadataAction(domain ?? throw new JsonException("domainMetadata without domain."), configuration ?? "", removed);
    }

    private static CommitInfoAction CommitInfo(ref Utf8JsonReader json)
    {
        var info = new CommitInfoAction();
        while (Next(ref json, out var name))
        {
            switch (name)
            {
                case "timestamp" when json.TokenType == JsonTokenType.Number: info = info with { Timestamp = Instant(ref json) }; break;
                case "inCommitTimestamp": info = info with { InCommitTimestamp = Instant(ref json) }; break;
                case "operation" when json.TokenType == JsonTokenType.String: info = info with { Operation = json.GetString() }; break;
                case "operationParameters" when json.TokenType == JsonTokenType.StartObject: info = info with { OperationParameters = Map(ref json) }; break;
                case "operationMetrics" when json.TokenType == JsonTokenType.StartObject: info = info with { OperationMetrics = Map(ref json) }; break;
                case "readVersion" when json.TokenType == JsonTokenType.Number: info = info with { ReadVersion = json.GetInt64() }; break;
                case "isBlindAppend" when json.TokenType is JsonTokenType.True or JsonTokenType.False: info = info with { IsBlindAppend = json.GetBoolean() }; break;
                case "engineInfo" when json.TokenType == JsonTokenType.String: info = info with { EngineInfo = json.GetString() }; break;
                case "txnId" when json.TokenType == JsonTokenType.String: info = info with { TxnId = json.GetString() }; break;
                case "userMetadata" when json.TokenType == JsonTokenType.String: info = info with { UserMetadata = json.GetString() }; break;
                case TouchedField.Name: info = info with { Touched = TouchedField.Read(ref json) }; break;
                default: json.Skip(); break;
            }
        }

        return info;
    }

    /// <summary>Milliseconds since the Unix epoch that are an instant of the years 1 to 9999.</summary>
    private static long Instant(ref Utf8JsonReader json)
    {
        var milliseconds = json.GetInt64();
        return milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? milliseconds
            : throw new FormatException(FormattableString.Invariant($"{milliseconds} is not an instant in milliseconds."));
    }

    /// <summary>
    /// Moves to the next property's value; false at the object's end. Starts on the object's brace or on the last token of the value before.
    /// Null values are passed over, as absent.
    /// </summary>
    private static bool Next(ref Utf8JsonReader json, out string? name)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            name = json.GetString();
            json.Read();
            if (json.TokenType != JsonTokenType.Null)
            {
                return true;
            }
        }

        name = null;
        return false;
    }

    private static byte[] Utf8(ref Utf8JsonReader json)
    {
        Require(json.TokenType, JsonTokenType.String);
        if (!json.ValueIsEscaped)
        {
            return json.ValueSpan.ToArray();
        }

        var text = new byte[json.ValueSpan.Length];
        return text[..json.CopyString(text)];
    }

    private static IReadOnlyList<string> Names(ref Utf8JsonReader json)
    {
        Require(json.TokenType, JsonTokenType.StartArray);
        var names = new List<string>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            names.Add(json.GetString() ?? throw new JsonException("A name is null."));
        }

        return names;
    }

    private static Dictionary<string, string?> NullableMap(ref Utf8JsonReader json)
    {
        Require(json.TokenType, JsonTokenType.StartObject);
        var map = new Dictionary<string, string?>(StringComparer.Ordinal);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            json.Read();
            map[key] = json.TokenType == JsonTokenType.Null ? null : json.GetString();
        }

        return map;
    }

    /// <summary>A map to text; values that are not text (engines differ in commitInfo) are kept as their JSON.</summary>
    private static Dictionary<string, string> Map(ref Utf8JsonReader json)
    {
        Require(json.TokenType, JsonTokenType.StartObject);
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            json.Read();
            if (json.TokenType == JsonTokenType.String)
            {
                map[key] = json.GetString()!;
            }
            else if (JsonElement.ParseValue(ref json) is { ValueKind: not JsonValueKind.Null } value)
            {
                map[key] = value.GetRawText();
            }
        }

        return map;
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        json.Read();
        Require(json.TokenType, type);
    }

    private static void Require(JsonTokenType actual, JsonTokenType expected)
    {
        if (actual != expected)
        {
            throw new JsonException($"Expected {expected}, found {actual}.");
        }
    }
}
