using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tarn;

/// <summary>One call of a verb: what was asked, and where the answer goes.</summary>
internal sealed class VerbCall(ParseResult parse, VerbOptions options, Connection connection, Terminal terminal, CancellationToken cancellation)
{
    public ParseResult Parse { get; } = parse;

    public VerbOptions Options { get; } = options;

    public ApiClient Api { get; } = connection.Client;

    /// <summary>Whether this process opened the data directory itself, so that what it starts ends with it.</summary>
    public bool IsOwnHost { get; } = connection.Host is not null;

    public Terminal Terminal { get; } = terminal;

    public CancellationToken Cancellation { get; } = cancellation;

    public T Value<T>(Argument<T> argument) => Parse.GetRequiredValue(argument);

    public T? Value<T>(Option<T> option) => Parse.GetValue(option);

    /// <summary>Gets, and prints the JSON as it came, or shows it.</summary>
    public async Task<int> ShowAsync<T>(string path, JsonTypeInfo<T> type, Action<T> show) => Show(await Api.GetBytesAsync(path, Cancellation).ConfigureAwait(false), type, show);

    /// <summary>Prints the JSON as it came, or shows it.</summary>
    public int Show<T>(byte[] json, JsonTypeInfo<T> type, Action<T> show)
    {
        if (Options.Json)
        {
            PrintJson(json);
        }
        else
        {
            show(Read(json, type));
        }

        return 0;
    }

    /// <summary>Prints JSON: as it is into a pipe, indented for a person.</summary>
    public void PrintJson(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = Terminal.OutIsTerminal, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            document.RootElement.WriteTo(writer);
        }

        Terminal.Out.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    public static T Read<T>(byte[] json, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");

    /// <summary>A segment of a path.</summary>
    public static string Escape(string segment) => Uri.EscapeDataString(segment);
}
