namespace Tarn.Log;

/// <summary>Lets tests make the disk fail at a chosen place. Null in production.</summary>
internal sealed class LogFaults
{
    /// <summary>Called before a write with the file, position and length; returns how many bytes reach the disk before it is full.</summary>
    public Func<string, long, int, int>? BytesBeforeFull { get; set; }

    /// <summary>Called before a flush with the file; may throw an <see cref="IOException"/>.</summary>
    public Action<string>? BeforeFlush { get; set; }
}
