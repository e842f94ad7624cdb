using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// Walks over a JSON text without making anything of it. It is JSON as RFC 8259 has it, and beside it the words that TensorFlow Serving takes for numbers that JSON has none for:
/// <c>NaN</c>, <c>Infinity</c>, <c>-Infinity</c>.
/// </summary>
internal ref struct JsonScanner(ReadOnlySpan<byte> text)
{
    /// <summary>Arrays and objects within each other at most.</summary>
    public const int MostDepth = 64;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);
    private static readonly SearchValues<byte> EndOfPlain = SearchValues.Create([.. "\"\\"u8, .. Enumerable.Range(0, 32).Select(static i => (byte)i)]);

    private readonly ReadOnlySpan<byte> _text = text;

    public int Position { get; set; }

    /// <summary>A scanner of a whole text. A byte order mark before it is gone over, as RFC 8259 lets a reader do.</summary>
    /// <exception cref="TarnException">It is not UTF-8.</exception>
    public static JsonScanner Of(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
        {
            throw TarnException.InvalidInput("JSON is UTF-8.", "bytes that are none", "Send texts as UTF-8, and other bytes in base64 or as binary data.");
        }

        return new JsonScanner(text) { Position = text.StartsWith("\uFEFF"u8) ? 3 : 0 };
    }

    /// <summary>The next character that is no space; 0 at the end.</summary>
    public byte Peek()
    {
        while (Position < _text.Length)
        {
            var c = _text[Position];
            if (c is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                return c;
            }

            Position++;
        }

        return 0;
    }

    /// <summary>Goes over a character that has to come.</summary>
    public void Expect(byte character, string where)
    {
        if (Peek() != character)
        {
            throw Bad(where);
        }

        Position++;
    }

    /// <summary>Goes over a character if it comes.</summary>
    public bool Take(byte character)
    {
        if (Peek() != character)
        {
            return false;
        }

        Position++;
        return true;
    }

    /// <summary>After a member or an element: true where another one follows, false where the list has ended (its end is gone over).</summary>
    public bool More(byte end, string where)
    {
        var c = Peek();
        if (c == (byte)',')
        {
            Position++;
            return Peek() != end ? true : throw Bad(where);
        }

        if (c != end)
        {
            throw Bad(where);
        }

        Position++;
        return false;
    }

    /// <summary>A string as it stands between its quotes, escapes and all.</summary>
    public ReadOnlySpan<byte> RawString(string where, out bool isEscaped)
    {
        Expect((byte)'"', where);
        isEscaped = false;
        var from = Position;
        while (true)
        {
            var next = _text[Position..].IndexOfAny(EndOfPlain);
            if (next < 0)
            {
                Position = _text.Length;
                throw Bad(where);
            }

            Position += next;
            switch (_text[Position])
            {
                case (byte)'"':
                    return _text[from..Position++];
                case (byte)'\\':
                    isEscaped = true;
                    Position += EscapeLength(where);
                    break;
                default:
                    throw Bad(where);
            }
        }
    }

    /// <summary>A string's bytes, UTF-8.</summary>
    public byte[] String(string where)
    {
        var raw = RawString(where, out var isEscaped);
        return isEscaped ? Unescape(raw, where) : raw.ToArray();
    }

    /// <summary>A string's bytes, UTF-8; a part of the text where nothing in it is escaped.</summary>
    public ReadOnlySpan<byte> Text(string where)
    {
        var raw = RawString(where, out var isEscaped);
        return isEscaped ? Unescape(raw, where) : raw;
    }

    /// <summary>The name of a member, with the colon after it.</summary>
    public ReadOnlySpan<byte> Name(string where)
    {
        var name = Text(where);
        Expect((byte)':', where);
        return name;
    }

    /// <summary>A number, or a word, as it stands.</summary>
    public ReadOnlySpan<byte> Token(string where)
    {
        _ = Peek();
        var from = Position;
        while (Position < _text.Length && IsOfToken(_text[Position]))
        {
            Position++;
        }

        return Position > from ? _text[from..Position] : throw Bad(where);
    }

    /// <summary>Goes over a value, whatever it is.</summary>
    public void Skip(string where, int depth = 0)
    {
        if (depth > MostDepth)
        {
            throw TarnException.InvalidInput("JSON that is sent is not nested deeper than 64 levels.", where, "Send it flatter.");
        }

        switch (Peek())
        {
            case (byte)'"':
                _ = RawString(where, out _);
                break;
            case (byte)'[':
                Position++;
                if (!Take((byte)']'))
                {
                    do
                    {
                        Skip(where, depth + 1);
                    }
                    while (More((byte)']', where));
                }

                break;
            case (byte)'{':
                Position++;
                if (!Take((byte)'}'))
                {
                    do
                    {
                        _ = Name(where);
                        Skip(where, depth + 1);
                    }
                    while (More((byte)'}', where));
                }

                break;
            default:
                CheckScalar(Token(where), where);
                break;
        }
    }

    /// <summary>Requires that nothing follows.</summary>
    public void End()
    {
        if (Peek() != 0 || Position < _text.Length)
        {
            throw Bad("the end");
        }
    }

    /// <summary>The error of a text that is none of the form at this place.</summary>
    public readonly TarnException Bad(string where)
    {
        if (Position >= _text.Length)
        {
            return TarnException.InvalidInput("The body is JSON of the documented form.", $"it ends at byte {Position}, within {where}", "Send all of it, and its right Content-Length.");
        }

        var until = Math.Min(_text.Length, Position + 20);
        var near = Encoding.UTF8.GetString(_text[Position..until]).ReplaceLineEndings(" ");
        return TarnException.InvalidInput("The body is JSON of the documented form.", string.Create(CultureInfo.InvariantCulture, $"at byte {Position}, in {where}: {near}"), "Correct what stands there.");
    }

    private readonly int EscapeLength(string where)
    {
        var rest = _text[Position..];
        if (rest.Length >= 2 && "\"\\/bfnrt"u8.Contains(rest[1]))
        {
            return 2;
        }

        return rest.Length >= 6 && rest[1] == (byte)'u' && rest[2..6].IndexOfAnyExcept(HexDigits) < 0 ? 6 : throw Bad(where);
    }

    private readonly void CheckScalar(ReadOnlySpan<byte> token, string where)
    {
        if (!token.SequenceEqual("true"u8) && !token.SequenceEqual("false"u8) && !token.SequenceEqual("null"u8) && !JsonNumbers.IsNumber(token))
        {
            throw Bad(where);
        }
    }

    private readonly byte[] Unescape(ReadOnlySpan<byte> raw, string where)
    {
        var quoted = ArrayPool<byte>.Shared.Rent(raw.Length + 2);
        try
        {
            quoted[0] = (byte)'"';
            raw.CopyTo(quoted.AsSpan(1));
            quoted[raw.Length + 1] = (byte)'"';
            var reader = new System.Text.Json.Utf8JsonReader(quoted.AsSpan(0, raw.Length + 2));
            _ = reader.Read();
            var bytes = new byte[raw.Length];
            return bytes[..reader.CopyString(bytes)];
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or InvalidOperationException)
        {
            throw TarnException.InvalidInput("Texts in JSON are UTF-8 with JSON's escapes.", where, "Correct the escape; a surrogate needs its pair.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(quoted);
        }
    }

    private static bool IsOfToken(byte c) => c is (>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (byte)'-' or (byte)'+' or (byte)'.';
}
