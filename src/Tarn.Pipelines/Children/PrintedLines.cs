namespace Tarn.Pipelines;

/// <summary>Reads what a process prints, line by line. A line without end is cut into pieces, so that it takes no memory without end.</summary>
internal static class PrintedLines
{
    private const int LongestLine = 16 * 1024;

    /// <summary>Returns at the end of what is printed, or when it is no longer wanted.</summary>
    public static async Task ReadAsync(StreamReader reader, Action<string> line, CancellationToken cancellation)
    {
        var buffer = new char[LongestLine];
        var length = 0;
        try
        {
            while (await reader.ReadAsync(buffer.AsMemory(length), cancellation) is > 0 and var read)
            {
                length = Split(buffer, length + read, line);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // A process that outlives the child holds its output open: nobody waits for that.
        }

        if (length > 0)
        {
            line(new string(buffer, 0, length));
        }
    }

    /// <summary>Passes on the whole lines, and moves the rest to the front; returns its length.</summary>
    private static int Split(char[] buffer, int length, Action<string> line)
    {
        var rest = buffer.AsSpan(0, length);
        while (rest.IndexOf('\n') is >= 0 and var end)
        {
            line(rest[..end].TrimEnd('\r').ToString());
            rest = rest[(end + 1)..];
        }

        if (rest.Length == buffer.Length)
        {
            line(rest.ToString());
            return 0;
        }

        rest.CopyTo(buffer);
        return rest.Length;
    }
}

/// <summary>The last lines that a process printed. Safe for use from several threads.</summary>
internal sealed class LastLines
{
    // The message of a crash of .NET comes before its stack, so the last few lines would be frames alone.
    private const int Kept = 40;
    private const int LongestText = 3000;

    private readonly Queue<string> _lines = new();

    public void Add(string line)
    {
        if (line.Trim().Length > 0)
        {
            lock (_lines)
            {
                _lines.Enqueue(line.Trim());
                if (_lines.Count > Kept)
                {
                    _lines.Dequeue();
                }
            }
        }
    }

    /// <summary>As one text; empty where nothing was printed.</summary>
    public override string ToString()
    {
        lock (_lines)
        {
            return ShortText.Of(string.Join('\n', _lines), LongestText, "…");
        }
    }
}
