using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Tarn;

/// <summary>Where the program logs: standard error, one line each; what the section <c>Logging</c> says.</summary>
internal static class HostLogging
{
    public static ILoggerFactory Create(ProgramSurroundings surroundings, HostRequest request, IConfiguration configuration) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);

        // A start that fails is told once, as one message, by whoever started the host; a background service that fails is logged as critical.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddConfiguration(configuration.GetSection("Logging"));
        if (!surroundings.OwnsProcess)
        {
            return;
        }

        logging.AddSimpleConsole(static o =>
        {
            o.SingleLine = true;
            o.UseUtcTimestamp = true;
            o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        logging.Services.Configure<ConsoleLoggerOptions>(static o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        if (!request.IsServer)
        {
            logging.AddFilter<ConsoleLoggerProvider>(null, LogLevel.Warning);
        }
    });

    /// <summary>Adds the log destinations that are services, such as the one that keeps what tasks log.</summary>
    public static void AddProviders(ILoggerFactory loggers, IServiceProvider services)
    {
        foreach (var provider in services.GetServices<ILoggerProvider>())
        {
            loggers.AddProvider(provider);
        }
    }
}
