using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Tarn.Native;

namespace Tarn.Bench;

/// <summary>
/// A server for one network and nothing else, as a process of its own on core 0: a thread for each connection reads the request with blocking calls straight into the tensor's memory, runs the
/// network on it, and sends a fixed answer. Requests have all the same length.
/// </summary>
internal sealed class SocketLoop : IAsyncDisposable
{
    /// <summary>The argument with which this program is that server; the network's file and the rows of a request follow.</summary>
    public const string Argument = "--socket-loop";

    private readonly Process _process;

    private SocketLoop(Process process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    public static async Task<SocketLoop> StartAsync(string file, int rows)
    {
        string[] arguments = [typeof(SocketLoop).Assembly.Location, Argument, file, rows.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo(Environment.ProcessorCount > 1 ? "taskset" : "dotnet", Environment.ProcessorCount > 1 ? ["-c", "0", "dotnet", .. arguments] : arguments) { RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        var port = await process.StandardOutput.ReadLineAsync();
        return new SocketLoop(process, new Uri($"http://127.0.0.1:{port}"));
    }

    public static void Serve(string file, int rows)
    {
        using var session = OnnxSession.FromFile(file, new OnnxSessionOptions { IntraOpThreads = 1 });
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        System.Console.WriteLine(((IPEndPoint)listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture));
        var turn = new Lock();
        while (true)
        {
            var socket = listener.Accept();
            new Thread(() => Serve(session, turn, socket, rows)) { IsBackground = true }.Start();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static void Serve(OnnxSession session, Lock turn, Socket socket, int rows)
    {
        const int Head = 4096;
        using var own = socket;
        socket.NoDelay = true;
        var pixels = rows * 3 * 224 * 224 * sizeof(float);
        var memory = GC.AllocateUninitializedArray<byte>(Head + pixels, pinned: true);
        using var input = OnnxValue.FromBytes(OnnxElementType.Float, memory.AsMemory(Head), rows, 3, 224, 224);
        using var binding = session.Bind();
        binding.BindInput(session.Inputs[0].Name, input);
        binding.BindOutput(session.Outputs[0].Name);
        ReadOnlySpan<byte> answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8;
        var length = 0;
        while (true)
        {
            // The first request says how long they are: those after it are read so that the tensor comes to lie where it is bound.
            var from = length == 0 ? 0 : memory.Length - length;
            var got = 0;
            do
            {
                var count = socket.Receive(memory.AsSpan(from + got), SocketFlags.None);
                if (count == 0)
                {
                    return;
                }

                got += count;
                length = length > 0 ? length : Length(memory.AsSpan(0, got));
            }
            while (got < length);
            lock (turn)
            {
                binding.Run();
            }

            socket.Send(answer);
        }
    }

    private static int Length(ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf("\r\n\r\n"u8);
        var text = Encoding.ASCII.GetString(head[..end]);
        var at = text.IndexOf("Content-Length: ", StringComparison.Ordinal) + 16;
        return end + 4 + int.Parse(text.AsSpan(at, text.IndexOf('\r', at) - at), CultureInfo.InvariantCulture);
    }
}
