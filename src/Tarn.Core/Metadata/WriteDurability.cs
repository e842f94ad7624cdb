namespace Tarn.Core;

/// <summary>What a finished write to the metadata store survives.</summary>
public enum WriteDurability
{
    /// <summary>The end of the process and the loss of power: the write is on the disk (SQLite's <c>synchronous=FULL</c>, PostgreSQL's <c>synchronous_commit</c> as it is set there).</summary>
    Power,

    /// <summary>The end of the process at any instant, not always the loss of power (SQLite's <c>synchronous=NORMAL</c>) or of the server (PostgreSQL's <c>synchronous_commit=off</c>). For logs and what can be made again.</summary>
    Process,
}
