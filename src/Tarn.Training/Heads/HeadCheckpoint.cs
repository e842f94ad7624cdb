using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>A training as it is between two epochs: enough to go on with the same result as if it had not been interrupted.</summary>
public sealed class HeadCheckpoint
{
    internal HeadCheckpoint(HeadCheckpointHeader header, IReadOnlyList<float[]> arrays) => (Header, Arrays) = (header, arrays);

    /// <summary>How many epochs are done.</summary>
    public int Epoch => Header.History.Count;

    internal HeadCheckpointHeader Header { get; }

    /// <summary>The parameters, those of the best epoch, then what the optimiser remembers.</summary>
    internal IReadOnlyList<float[]> Arrays { get; }

    /// <summary>As bytes, to be kept in a file or an object.</summary>
    public byte[] ToBytes() => HeadFile.Write(Header, Arrays);

    /// <summary>From the bytes of <see cref="ToBytes"/>.</summary>
    /// <exception cref="TarnException">The bytes are damaged.</exception>
    public static HeadCheckpoint FromBytes(ReadOnlySpan<byte> bytes)
    {
        var (header, arrays) = HeadFile.Read<HeadCheckpointHeader>(bytes, "checkpoint");
        return new HeadCheckpoint(header, arrays);
    }

    /// <summary>What tells rows from others: the hash of their features, labels and classes.</summary>
    internal static string Fingerprint(HeadData train, HeadData? validation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var data in validation is null ? [train] : new[] { train, validation })
        {
            hash.AppendData(MemoryMarshal.AsBytes(data.Features.Data.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes([data.Features.Columns, .. data.Labels]));
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', data.Classes)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>A checkpoint's facts beside its arrays.</summary>
internal sealed record HeadCheckpointHeader(
    string Spec, string Rows, IReadOnlyList<HeadEpoch> History, int BestEpoch, double BestLoss, int SinceBest, int SinceLowered, double Rate, long Steps);
