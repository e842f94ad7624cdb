using System.Buffers;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What a <see cref="GrpcServer"/> allows, and what it is given from outside.</summary>
internal sealed record GrpcOptions
{
    /// <summary>The default of <see cref="MaxMessageBytes"/>.</summary>
    public const int DefaultMaxMessageBytes = 64 << 20;

    /// <summary>The largest request message, in bytes before and after decompression: 1 to 2,000,000,000, default 64 MiB. Answers have no limit here.</summary>
    public int MaxMessageBytes { get; init; } = DefaultMaxMessageBytes;

    /// <summary>Where buffers come from; default the process's shared pool.</summary>
    public ArrayPool<byte> Pool { get; init; } = ArrayPool<byte>.Shared;

    /// <summary>The clock of deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Cancelled as the server begins to stop: streaming calls end then with UNAVAILABLE, while unary ones come to their end.</summary>
    public CancellationToken Stopping { get; init; }

    /// <summary>
    /// Asked first what an error that a handler threw means; null is "as usual". It may set trailers on the call, such as <c>retry-after</c>.
    /// Default: none.
    /// </summary>
    public Func<Exception, GrpcCall, GrpcException?>? Explain { get; init; }

    /// <summary>Counts calls and writes them down; null where nobody does. Default: null.</summary>
    public ServedRequests? Requests { get; init; }

    /// <summary>Throws where a value is out of its range.</summary>
    /// <exception cref="TarnException"><see cref="ErrorKind.InvalidInput"/>.</exception>
    public void Validate()
    {
        if (MaxMessageBytes is < 1 or > 2_000_000_000)
        {
            throw TarnException.InvalidInput("MaxMessageBytes is 1 to 2000000000.", $"{MaxMessageBytes}", "Set it to what the largest request needs, or leave it out.");
        }
    }
}
