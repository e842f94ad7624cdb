namespace Tarn.Core;

/// <summary>What a finished write to the metadata store survives.</summary>
public enum WriteDurability
{
    /// <summary>The end of the process and the loss of power: the write is on the disk (SQLite's <c>synchronous=FULL</c>).</summary>
    Power,

    /// <summary>The end of the process at any instant, not always the loss of power (<c>synchronous=NORMAL</c>). For logs and what can be made again.</summary>
    Process,
}
