using System.Globalization;
using System.Text.Unicode;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Reads a table in CSV as RFC 4180 has it: a line of column names first, quotes around cells that need them, lines that end with CR LF or LF.</summary>
internal static class CsvBody
{
    /// <summary>Fills a request's inputs.</summary>
    /// <exception cref="TarnException">It is not of the form, or does not fit the model.</exception>
    public static void Read(ReadOnlySpan<byte> body, InferenceRequest request)
    {
        if (!Utf8.IsValid(body))
        {
            throw TarnException.InvalidInput("CSV is UTF-8.", "bytes that are none", "Send it as UTF-8.");
        }

        var at = body.StartsWith("\uFEFF"u8) ? 3 : 0;
        using var table = new TableInputs(request);
        using var cell = PooledBuffer.Rent();
        var line = 0;
        while (at < body.Length)
        {
            if (line > 0 && SkipsEmptyLine(body, ref at, table.Columns))
            {
                continue;
            }

            bool isLast;
            do
            {
                isLast = ReadCell(body, ref at, cell, line);
                if (line == 0)
                {
                    table.AddColumn(cell.Written);
                }
                else
                {
                    table.Next().AddCell(cell.Written);
                }
            }
            while (!isLast);

            if (line++ == 0)
            {
                table.CheckColumns();
            }
            else
            {
                table.EndRow();
            }
        }

        table.Finish();
    }

    // A line with nothing on it is no row of several columns; of one column it is an empty cell only where another line follows.
    private static bool SkipsEmptyLine(ReadOnlySpan<byte> body, ref int at, int columns)
    {
        var rest = body[at..];
        var length = rest.StartsWith("\r\n"u8) ? 2 : rest[0] == (byte)'\n' ? 1 : 0;
        if (length == 0 || (columns == 1 && at + length < body.Length))
        {
            return false;
        }

        at += length;
        return true;
    }

    /// <summary>Reads a cell and what ends it; says whether that ended the line.</summary>
    private static bool ReadCell(ReadOnlySpan<byte> body, ref int at, PooledBuffer cell, int line)
    {
        cell.Clear();
        if (at < body.Length && body[at] == (byte)'"')
        {
            at++;
            while (true)
            {
                var quote = body[at..].IndexOf((byte)'"');
                if (quote < 0)
                {
                    throw Bad("a quote that is not closed", line);
                }

                cell.Write(body.Slice(at, quote));
                at += quote + 1;
                if (at >= body.Length || body[at] != (byte)'"')
                {
                    break;
                }

                cell.Write((byte)'"');
                at++;
            }
        }
        else
        {
            var end = body[at..].IndexOfAny((byte)',', (byte)'\n');
            var length = end < 0 ? body.Length - at : end;
            cell.Write(body.Slice(at, length).TrimEnd((byte)'\r'));
            at += length;
            if (cell.Written.Contains((byte)'"'))
            {
                throw Bad("a quote within a cell that does not begin with one", line);
            }
        }

        if (at < body.Length && body[at] == (byte)'\r')
        {
            at++;
        }

        if (at >= body.Length)
        {
            return true;
        }

        return body[at++] switch
        {
            (byte)'\n' => true,
            (byte)',' => false,
            _ => throw Bad("something behind a closing quote", line),
        };
    }

    private static TarnException Bad(string what, int line) => TarnException.InvalidInput(
        "CSV is of the form of RFC 4180.", string.Create(CultureInfo.InvariantCulture, $"{what}, in line {line + 1} of the table"), "Quote a cell that holds a comma, a quote or a line's end, and double the quotes in it.");
}
